// Single cars outside a batch: what a mapped action comes to, and the physics on an endless plane.
#pragma once

#include <array>
#include <span>

#include "racer/vehicle.hpp"

namespace racer {

// Steer, throttle, brake as a batch takes them, on its grid of 1 / kInputScale.
using PlainPedals = std::array<float, 3>;
// Physics state: x, y, cos_yaw, sin_yaw, v_x, v_y, yaw_rate, steer, a_x, in SI units.
using PlainState = std::array<double, 9>;
// Steer target [rad], throttle, brake.
using PlainInputs = std::array<double, 3>;

// What a batch with the axis action makes of a steering and a drive axis at a speed [m/s]; NaN
// counts as zero.
[[nodiscard]] PlainPedals axis_to_pedals(const Vehicle& vehicle, double steer, double drive,
                                         double speed) noexcept;

// Drives one car over tarmac without end; states[0] is the start, states[i + 1] the state after
// inputs[i]. More than kSubsteps integration steps per tick are for studies of the error.
void simulate(const Vehicle& vehicle, const PlainState& start, std::span<const PlainInputs> inputs,
              std::span<PlainState> states, int substeps);

}  // namespace racer
