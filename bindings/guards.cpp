#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <string>

#include "bindings.hpp"

namespace racer::bindings {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();

// A whole number from a file of the kernel, or infinity.
double number_in(const std::string& path) {
    std::ifstream file(path);
    double value = 0.0;
    return file >> value ? value : kUnknown;
}

// The sum of some lines of a table of the kernel; infinity if there is none of them.
double sum_in(const std::string& path, std::initializer_list<const char*> keys) {
    std::ifstream table(path);
    double sum = 0.0;
    bool found = false;
    std::string key;
    for (double value = 0.0; table >> key >> value;) {
        if (std::find(keys.begin(), keys.end(), key) != keys.end()) {
            sum += value;
            found = true;
        }
        table.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    return found ? sum : kUnknown;
}

// What a container may still take, in the words of one version of the kernel's control groups.
double left_in_group(const std::string& limit, const std::string& used, const std::string& stat,
                     std::initializer_list<const char*> cached) {
    const double left = number_in(limit) - number_in(used);
    if (std::isnan(left) || !std::isfinite(left)) return kUnknown;
    const double cache = sum_in(stat, cached);  // of files: it is given back on demand
    return std::max(left, 0.0) + (std::isfinite(cache) ? cache : 0.0);
}

std::string gigabytes(double bytes) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f GB", bytes / 1e9);
    return text;
}

}  // namespace

double free_memory() {
    const std::string group = "/sys/fs/cgroup/";
    const double machine = 1024.0 * sum_in("/proc/meminfo", {"MemAvailable:"});
    const double container =
        std::min(left_in_group(group + "memory.max", group + "memory.current",
                               group + "memory.stat", {"active_file", "inactive_file"}),
                 left_in_group(group + "memory/memory.limit_in_bytes",
                               group + "memory/memory.usage_in_bytes", group + "memory/memory.stat",
                               {"total_active_file", "total_inactive_file"}));
    return std::min(machine, container);
}

void require_memory(const std::string& what, double bytes) {
    constexpr double kNeverAsk = 64e6;  // reading the table takes longer than a small batch
    if (bytes < kNeverAsk) return;
    const double free = free_memory();
    if (bytes <= free) return;
    throw py::value_error(what + " need " + gigabytes(bytes) + " of memory, and " +
                          gigabytes(free) + " are free; ask for fewer");
}

void refuse_uninitialised(const py::module_& m) {
    // The oldest two protocols of pickle make an object of pybind11's base class, which ends the
    // process; the later ones use ours.
    const auto reduce = [](const py::object& self, int protocol) {
        const py::object plain = py::module_::import("builtins").attr("object");
        return plain.attr("__reduce_ex__")(self, std::max(protocol, 2));
    };
    for (const auto& item : py::reinterpret_borrow<py::dict>(m.attr("__dict__"))) {
        if (PyType_Check(item.second.ptr()) == 0) continue;
        auto* type = reinterpret_cast<PyTypeObject*>(item.second.ptr());
        py::detail::type_info* info = py::detail::get_type_info(type);
        if (info == nullptr) continue;
        item.second.attr("__reduce_ex__") = py::cpp_function(
            reduce, py::name("__reduce_ex__"), py::is_method(item.second), py::arg("protocol"));
        info->operator_new = [](std::size_t) -> void* {
            throw py::type_error("this object was made without its __init__; call the class");
        };
    }
}

}  // namespace racer::bindings
