#include <map>

#include "bindings.hpp"
#include "racer/instruction_set.hpp"
#include "racer/observation.hpp"
#include "racer/random.hpp"
#include "racer/rules.hpp"
#include "racer/time.hpp"

namespace py = pybind11;

namespace {

py::list observation_layout(const std::string& name) {
    using racer::ObservationKind;
    const std::map<std::string, ObservationKind> kinds = {{"lidar", ObservationKind::kLidar},
                                                          {"track", ObservationKind::kTrack},
                                                          {"road", ObservationKind::kRoad}};
    const auto kind = kinds.find(name);
    if (kind == kinds.end()) {
        throw py::value_error("observation must be 'lidar', 'track' or 'road', got '" + name + "'");
    }
    py::list layout;
    int offset = 0;
    for (const racer::ObservationField& field : racer::observation_fields(kind->second)) {
        py::dict row;
        row["name"] = std::string(field.name);
        row["offset"] = offset;
        row["size"] = field.size;
        row["unit"] = std::string(field.unit);
        row["scale"] = field.scale;
        row["low"] = field.low;
        row["high"] = field.high;
        layout.append(row);
        offset += field.size;
    }
    return layout;
}

py::list reward_terms() {
    py::list names;
    for (const racer::RewardTermInfo& term : racer::kRewardTermTable) names.append(term.name);
    return names;
}

py::list reward_term_table() {
    py::list rows;
    for (const racer::RewardTermInfo& term : racer::kRewardTermTable) {
        py::dict row;
        row["name"] = term.name;
        row["field"] = term.field;
        row["weight"] = term.weight;
        row["low"] = term.low;
        row["high"] = term.high;
        row["unit"] = term.unit;
        row["meaning"] = term.meaning;
        rows.append(row);
    }
    return rows;
}

py::list instruction_sets() {
    py::list names;
    for (const racer::InstructionSet* set : racer::instruction_sets()) {
        names.append(std::string(set->name));
    }
    return names;
}

void set_instruction_set(const std::string& name) {
    if (racer::select_instruction_set(name)) return;
    throw py::value_error(
        "instruction set '" + name + "' is not available; there is " +
        py::str(py::str(", ").attr("join")(instruction_sets())).cast<std::string>());
}

}  // namespace

PYBIND11_MODULE(_core, m) {
    m.doc() = "The Racer engine: vehicles, tracks and batches of worlds, stepped in C++.";
    m.attr("TICK_SECONDS") = racer::kTickSeconds;
#if defined(__clang__)
    m.attr("COMPILER") = "clang " __clang_version__;
#else
    m.attr("COMPILER") = "gcc " __VERSION__;
#endif
    m.attr("RAY_COUNT") = racer::kRays;
    m.attr("RAY_RANGE") = static_cast<double>(racer::kRayRange);
    py::list ahead;
    for (const int metres : racer::kRoadAheadMetres) ahead.append(metres);
    m.attr("ROAD_AHEAD_METRES") = py::tuple(ahead);
    py::list edges;
    for (const int metres : racer::kEdgeAheadMetres) edges.append(metres);
    m.attr("EDGE_AHEAD_METRES") = py::tuple(edges);

    m.def("observation_layout", &observation_layout, py::arg("observation"),
          "Fields of an observation in order: name, offset, size, unit, scale, low, high.\n\n"
          "An entry of the observation is clip(value * scale, low, high).");
    m.def("reward_terms", &reward_terms, "Names of the reward terms, in the order of the arrays.");
    m.def("reward_term_table", &reward_term_table,
          "The reward terms in that order, a dict each: name (in files), field (of BatchConfig),\n"
          "weight (the default), low, high, unit, meaning.");
    m.def("split_seed", &racer::split_seed, py::arg("seed"), py::arg("index"),
          "Seed of stream `index` of `seed`: a hash, so that streams never overlap.");
    m.def("free_memory", &racer::bindings::free_memory,
          "Memory [bytes] that this machine or its container can still give; inf if unknown.");
    m.def("instruction_sets", &instruction_sets, "Kernels that this CPU can run, widest last.");
    m.def(
        "instruction_set", [] { return std::string(racer::instruction_set().name); },
        "The kernels in use. All compute the same bits.");
    m.def("set_instruction_set", &set_instruction_set, py::arg("name"),
          "Chooses the kernels of the whole process. Raises ValueError if the CPU lacks them.");

    racer::bindings::bind_vehicle(m);
    racer::bindings::bind_track(m);
    racer::bindings::bind_config(m);
    racer::bindings::bind_batch(m);
    racer::bindings::bind_highway(m);
    racer::bindings::refuse_uninitialised(m);
}
