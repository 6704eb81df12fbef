// One axle's tyres: Magic Formula lateral force, load sensitivity, friction ellipse with lateral
// priority (Pacejka, Tyre and Vehicle Dynamics, ch. 4). Only + - * / sqrt and selections.
#pragma once

#include "core/lanes.hpp"
#include "core/math.hpp"

namespace racer::RACER_ISA {

template <class R>
struct AxleForce {
    R longitudinal;  // N, along the wheel
    R lateral;       // N, to the left of the wheel
};

// Largest force of an axle under `load` newtons, N. Friction falls linearly with the load:
// mu = mu_0 (1 - k (load / reference - 1)), given as c = {mu_0 (1 + k), mu_0 k / reference}.
template <class R>
RACER_INLINE R tyre_capacity(const double (&c)[2], R load, R grip) {
    return grip * load * (R(c[0]) - R(c[1]) * load);
}

// Share of its capacity, in [-1, 1], that an axle at slip angle alpha (rad) uses sideways:
// sin(C atan(y - E (y - atan y))) with y = B alpha, for E <= 1.
template <class R>
RACER_INLINE R tyre_lateral_share(double stiffness, double shape, double curvature, R alpha) {
    const R one(1.0);
    const R y = R(stiffness) * abs(alpha);
    const R bent = y - R(curvature) * (y - atan_quadrant(y, one));
    return copy_sign(sin_half_turn(R(shape) * atan_quadrant(bent, one)), alpha);
}

// Forces of an axle asked for `demand` newtons along the wheel. With u and f the longitudinal and
// lateral shares of the capacity D, u is held to |u| <= sqrt(grip_use^2 - (priority f)^2), which
// acts as ABS and traction control, and the lateral force is D f sqrt(1 - u^2).
template <class R>
RACER_INLINE AxleForce<R> tyre_force(double grip_use, double priority, R capacity, R share,
                                     R demand) {
    const R weighted = R(priority) * share;
    const R limit = capacity * sqrt(R(grip_use * grip_use) - weighted * weighted);
    const R longitudinal = clamp(demand, -limit, limit);
    return {longitudinal, share * sqrt(capacity * capacity - longitudinal * longitudinal)};
}

}  // namespace racer::RACER_ISA
