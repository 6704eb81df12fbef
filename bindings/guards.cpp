#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>

#include "bindings.hpp"

namespace racer::bindings {
namespace {

// A whole number from a file of the kernel, or infinity.
double number_in(const char* path) {
    std::ifstream file(path);
    double value = 0.0;
    return file >> value ? value : std::numeric_limits<double>::infinity();
}

// What can be allocated now [bytes]: infinity where the system does not say.
double free_memory() {
    double free = std::numeric_limits<double>::infinity();
    std::ifstream table("/proc/meminfo");
    std::string key;
    for (double value = 0.0; table >> key >> value;) {
        if (key == "MemAvailable:") {
            free = value * 1024.0;
            break;
        }
        table.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    }
    const double limit = number_in("/sys/fs/cgroup/memory.max");  // of a container
    const double used = number_in("/sys/fs/cgroup/memory.current");
    if (std::isfinite(limit) && std::isfinite(used)) free = std::min(free, limit - used);
    return std::max(free, 0.0);
}

std::string gigabytes(double bytes) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.1f GB", bytes / 1e9);
    return text;
}

}  // namespace

void require_memory(const std::string& what, double bytes) {
    constexpr double kNeverAsk = 64e6;  // reading the table takes longer than a small batch
    if (bytes < kNeverAsk) return;
    const double free = free_memory();
    if (bytes <= free) return;
    throw py::value_error(what + " need " + gigabytes(bytes) + " of memory, and " +
                          gigabytes(free) + " are free; ask for fewer");
}

void refuse_uninitialised(const py::module_& m) {
    for (const auto& item : py::reinterpret_borrow<py::dict>(m.attr("__dict__"))) {
        if (PyType_Check(item.second.ptr()) == 0) continue;
        auto* type = reinterpret_cast<PyTypeObject*>(item.second.ptr());
        py::detail::type_info* info = py::detail::get_type_info(type);
        if (info == nullptr) continue;
        info->operator_new = [](std::size_t) -> void* {
            throw py::type_error("this object was made without its __init__; call the class");
        };
    }
}

}  // namespace racer::bindings
