// What "the same physics" means: laps and policies carry this number, and another one is refused.
#pragma once

#include <cstdint>

#include "racer/vehicle.hpp"

namespace racer {

// 0 until the parameters are frozen; a change of physics bits raises it.
inline constexpr int kPhysicsVersion = 1;

// A hash over the physics version, the vehicle's parameters and a golden trajectory, so that
// neither a parameter nor an equation can change unnoticed.
[[nodiscard]] std::uint64_t physics_fingerprint(const Vehicle& vehicle);

}  // namespace racer
