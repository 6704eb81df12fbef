// What "the same physics" means: laps and policies carry this number, and another one is refused.
#pragma once

#include <cstdint>

#include "racer/vehicle.hpp"

namespace racer {

// Any change of the bits of the physics raises it; tests/physics_versions.json says what each is.
inline constexpr int kPhysicsVersion = 1;

// A hash over the physics version, the vehicle's parameters and a golden trajectory, so that
// neither a parameter nor an equation can change unnoticed.
[[nodiscard]] std::uint64_t physics_fingerprint(const Vehicle& vehicle);

}  // namespace racer
