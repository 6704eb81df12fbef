// What the binding files share.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "racer/hash.hpp"
#include "racer/track.hpp"

namespace racer::bindings {

namespace py = pybind11;

// A Track is immutable and shared; Python holds it through this handle.
struct TrackHandle {
    std::shared_ptr<const Track> track;
    std::vector<double> line;  // what it was built from: rows of x, y, width right, width left
    TrackOptions options;
};

// A read-only array over memory that `owner` keeps alive.
template <class T>
[[nodiscard]] py::array_t<T> constant_view(const T* data, std::vector<py::ssize_t> shape,
                                           const py::handle& owner) {
    py::array_t<T> array(std::move(shape), data, owner);
    array.attr("flags").attr("writeable") = false;
    return array;
}

// A value that has been set; throws ValueError for NaN and infinities.
inline double finite(const char* name, double value) {
    if (value - value == 0.0) return value;
    throw py::value_error(std::string(name) + " must be a finite number");
}

// Pickling and copying of a class of settings: its properties by name, set again in their order.
template <class Settings>
void pickle_settings(py::class_<Settings>& type) {
    std::vector<std::string> names;
    const py::object property = py::module_::import("builtins").attr("property");
    for (const auto& item :
         py::reinterpret_borrow<py::object>(type.attr("__dict__").attr("items")())) {
        const auto entry = py::reinterpret_borrow<py::tuple>(item);
        if (py::isinstance(entry[1], property))
            names.push_back(entry[0].template cast<std::string>());
    }
    type.def(py::pickle(
        [names](const Settings& self) {
            const py::object source = py::cast(&self, py::return_value_policy::reference);
            py::dict values;
            for (const std::string& name : names) values[name.c_str()] = source.attr(name.c_str());
            return values;
        },
        [names](const py::dict& values) {
            Settings settings;
            const py::object target = py::cast(&settings, py::return_value_policy::reference);
            for (const std::string& name : names) {
                if (values.contains(name)) target.attr(name.c_str()) = values[name.c_str()];
            }
            return settings;
        }));
    type.def("__copy__", [](const Settings& self) { return Settings(self); });
    type.def(
        "__deepcopy__", [](const Settings& self, const py::dict&) { return Settings(self); },
        py::arg("memo"));
}

// From here on, an object of any class of a module that was made without its __init__ raises
// TypeError wherever it is used. pybind11 would allocate memory for it that nobody initialises.
void refuse_uninitialised(const py::module_& m);

// Throws ValueError, before anything is allocated, if the memory that is free will not do.
double free_memory();  // what can be allocated now [bytes]; infinity where the system does not say
void require_memory(const std::string& what, double bytes);

// Shared by all kinds of worlds, at the top of the module.
void bind_vehicle(py::module_& m);
// Each kind of world in a submodule of its own.
void bind_circuit_track(py::module_& m);
void bind_circuit_config(py::module_& m);
void bind_circuit_fields(py::module_& m);
void bind_circuit_batch(py::module_& m);
void bind_highway_config(py::module_& m);
void bind_highway_fields(py::module_& m);
void bind_highway_batch(py::module_& m);

}  // namespace racer::bindings
