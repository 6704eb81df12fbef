// The time step, here and nowhere else.
#pragma once

namespace racer {

inline constexpr double kTickSeconds = 1.0 / 60.0;  // [s], one tick of the engine
inline constexpr int kSubsteps = 1;  // Runge-Kutta steps per tick; part of the physics

}  // namespace racer
