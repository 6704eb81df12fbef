// What the binding files of the highway share.
#pragma once

#include "bindings.hpp"

namespace racer::bindings {

[[nodiscard]] py::dtype vehicle_type();
[[nodiscard]] py::dtype world_type();
[[nodiscard]] py::dtype outcome_type();

}  // namespace racer::bindings
