#include "racer/vehicle.hpp"

#include <pybind11/stl.h>

#include <cstring>

#include "bindings.hpp"
#include "racer/car_model.hpp"
#include "racer/fingerprint.hpp"

namespace racer::bindings {
namespace {

const VehicleEntry& entry_of(const std::string& name) {
    if (const VehicleEntry* entry = find_vehicle_entry(name)) return *entry;
    std::string known;
    for (const VehicleEntry& entry : kVehicles) {
        known += (known.empty() ? "" : ", ") + std::string(entry.vehicle->name);
    }
    throw py::value_error("vehicle '" + name + "' is not known; there is " + known);
}

py::list vehicles() {
    py::list names;
    for (const VehicleEntry& entry : kVehicles) names.append(std::string(entry.vehicle->name));
    return names;
}

py::list vehicle_parameters(const std::string& vehicle) {
    const VehicleEntry& entry = entry_of(vehicle);
    py::list rows;
    for (std::size_t i = 0; i < kVehicleFields.size(); ++i) {
        const auto& field = kVehicleFields[i];
        py::dict row;
        row["name"] = std::string(field.name);
        row["value"] = (*entry.rows)[i].value;
        row["unit"] = std::string(field.unit);
        row["meaning"] = std::string(field.meaning);
        row["source"] = std::string((*entry.rows)[i].source);
        rows.append(row);
    }
    return rows;
}

using Doubles = py::array_t<double, py::array::c_style | py::array::forcecast>;

py::array_t<float> axis_to_pedals(const Doubles& axis, const Doubles& speed,
                                  const std::string& vehicle) {
    const Vehicle& car = *entry_of(vehicle).vehicle;
    if (axis.ndim() < 1 || axis.shape(axis.ndim() - 1) != 2) {
        throw py::value_error("axis must have shape (..., 2): steer and drive");
    }
    const py::ssize_t rows = axis.size() / 2;
    if (speed.size() != rows && speed.size() != 1) {
        throw py::value_error("speed must have one entry per axis row (" + std::to_string(rows) +
                              ") or one for all, got " + std::to_string(speed.size()));
    }
    std::vector<py::ssize_t> shape(axis.shape(), axis.shape() + axis.ndim());
    shape.back() = 3;
    py::array_t<float> result(shape);
    const double* in = axis.data();
    const double* v = speed.data();
    float* out = result.mutable_data();
    for (py::ssize_t i = 0; i < rows; ++i) {
        const PlainPedals pedals =
            racer::axis_to_pedals(car, in[2 * i], in[2 * i + 1], v[speed.size() == 1 ? 0 : i]);
        for (const float pedal : pedals) *out++ = pedal;
    }
    return result;
}

// Drives one car over an endless plane of tarmac, for tests of the physics alone.
py::array_t<double> simulate(const std::string& vehicle, const Doubles& start,
                             const Doubles& inputs, int substeps) {
    const Vehicle& car = *entry_of(vehicle).vehicle;
    if (start.ndim() != 1 || start.shape(0) != 9) {
        throw py::value_error(
            "start must have shape (9,): x, y, cos_yaw, sin_yaw, v_x, v_y, yaw_rate, steer, a_x");
    }
    if (inputs.ndim() != 2 || inputs.shape(1) != 3) {
        throw py::value_error("inputs must have shape (T, 3): steer target [rad], throttle, brake");
    }
    if (substeps < 1) throw py::value_error("substeps must be at least 1");
    const auto ticks = static_cast<std::size_t>(inputs.shape(0));
    std::vector<PlainInputs> in(ticks);
    std::memcpy(in.data(), inputs.data(), ticks * sizeof(PlainInputs));
    PlainState state{};
    std::memcpy(state.data(), start.data(), sizeof(state));
    std::vector<PlainState> states(ticks + 1);
    racer::simulate(car, state, in, states, substeps);
    py::array_t<double> result({static_cast<py::ssize_t>(ticks + 1), py::ssize_t{9}});
    std::memcpy(result.mutable_data(), states.data(), states.size() * sizeof(PlainState));
    return result;
}

}  // namespace

void bind_vehicle(py::module_& m) {
    m.attr("PHYSICS_VERSION") = kPhysicsVersion;
    m.def("vehicles", &vehicles, "Names of the vehicles.");
    m.def("vehicle_parameters", &vehicle_parameters, py::arg("vehicle") = "gt",
          "Parameters of a vehicle: name, value, unit, meaning, source.");
    m.def(
        "physics_fingerprint",
        [](const std::string& vehicle) {
            return to_hex(physics_fingerprint(*entry_of(vehicle).vehicle));
        },
        py::arg("vehicle") = "gt",
        "16 hex digits over the parameters and a golden trajectory of a vehicle.");
    m.def(
        "simulate", &simulate, py::arg("vehicle"), py::arg("start"), py::arg("inputs"),
        py::arg("substeps") = kSubsteps,
        "Drives one car over an endless plane of tarmac. start (9,): x, y, cos_yaw, sin_yaw, v_x,\n"
        "v_y, yaw_rate, steer, a_x; inputs (T, 3): steer target [rad], throttle, brake.\n"
        "Returns the states (T + 1, 9). More integration steps per tick than the engine's own are "
        "for\n"
        "studies of its error.");
    m.def("axis_to_pedals", &axis_to_pedals, py::arg("axis"), py::arg("speed"),
          py::arg("vehicle") = "gt",
          "Maps axis actions (..., 2) at a speed [m/s] to pedal actions (..., 3), as a batch with\n"
          "action='axis' does: full lock when slow, less when fast.");
}

}  // namespace racer::bindings
