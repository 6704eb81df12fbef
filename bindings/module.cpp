#include "bindings.hpp"
#include "racer/instruction_set.hpp"
#include "racer/random.hpp"
#include "racer/time.hpp"

namespace py = pybind11;

namespace {

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

// What users' programs, and what they have pickled, call by its older name.
void alias(py::module_& m, const char* older, const py::module_& kind, const char* name) {
    m.attr(older) = kind.attr(name);
}

void bind_circuit(py::module_& m) {
    py::module_ circuit = m.def_submodule("circuit", "Worlds of cars on a circuit.");
    racer::bindings::bind_circuit_track(circuit);
    racer::bindings::bind_circuit_config(circuit);
    racer::bindings::bind_circuit_fields(circuit);
    racer::bindings::bind_circuit_batch(circuit);
    racer::bindings::refuse_uninitialised(circuit);
    alias(m, "Track", circuit, "Track");
    alias(m, "Batch", circuit, "Batch");
    alias(m, "BatchConfig", circuit, "Config");
    alias(m, "fact_table", circuit, "fields");
    alias(m, "observation_layout", circuit, "observation_layout");
}

void bind_highway(py::module_& m) {
    py::module_ highway = m.def_submodule("highway", "Worlds of traffic on a highway.");
    racer::bindings::bind_highway_config(highway);
    racer::bindings::bind_highway_fields(highway);
    racer::bindings::bind_highway_batch(highway);
    racer::bindings::refuse_uninitialised(highway);
    alias(m, "HighwayBatch", highway, "Batch");
    alias(m, "HighwayConfig", highway, "Config");
}

}  // namespace

PYBIND11_MODULE(_core, m) {
    m.doc() = "The Racer engine: vehicles, and batches of worlds of each kind, stepped in C++.";
    m.attr("TICK_SECONDS") = racer::kTickSeconds;
#if defined(__clang__)
    m.attr("COMPILER") = "clang " __clang_version__;
#else
    m.attr("COMPILER") = "gcc " __VERSION__;
#endif
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
    bind_circuit(m);
    bind_highway(m);
}
