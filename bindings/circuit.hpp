// What the binding files of circuits share.
#pragma once

#include <string>

#include "bindings.hpp"
#include "racer/car_fields.hpp"
#include "racer/observation.hpp"

namespace racer::bindings {

[[nodiscard]] py::dtype car_type();  // of snapshot() records
[[nodiscard]] py::dtype lap_event_type();

// Throws ValueError if there is no such observation.
[[nodiscard]] ObservationKind observation_named(const std::string& name);

inline constexpr double kFarthest = 1e7;  // [m] where a car may be

// A record may come from a file: throws ValueError if anything in it could lead a step outside its
// arrays.
void check_record(const CarRecord& record, const Track& track);

}  // namespace racer::bindings
