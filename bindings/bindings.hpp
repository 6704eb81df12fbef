// What the binding files share.
#pragma once

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

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

void bind_vehicle(py::module_& m);
void bind_track(py::module_& m);
void bind_config(py::module_& m);
void bind_batch(py::module_& m);
void bind_highway(py::module_& m);
void bind_highway_config(py::module_& m);

}  // namespace racer::bindings
