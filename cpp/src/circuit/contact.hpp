// Where the wheels stand and what a wall does to the car.
#pragma once

#include "circuit/dynamics.hpp"
#include "core/lanes.hpp"
#include "racer/vehicle.hpp"
#include "road/projection.hpp"

namespace racer::RACER_ISA {

template <class R>
struct WheelContact {
    R off_front, off_rear;  // wheels beyond the edge, 0 to 2 each
};

// The four tyre contact points, put into track coordinates: a wheel that is `ds` ahead on a bend of
// curvature k stands k ds^2 / 2 (to second order, scaled by the bend's radius at the car) nearer to
// the outside, and sees the width of the track where it stands.
template <class R>
RACER_INLINE WheelContact<R> wheels_beyond_edge(const Vehicle& vehicle, const Frenet<R>& f) {
    const R bend = f.curvature * (R(1.0) + f.curvature * f.n);
    const auto off = [&](double forward, double left) {
        const R ds = R(forward) * f.cos_heading - R(left) * f.sin_heading;
        const R n =
            f.n + R(forward) * f.sin_heading + R(left) * f.cos_heading - R(0.5) * bend * ds * ds;
        const R beyond_left = n - (f.width_left + f.slope_left * ds);
        const R beyond_right = -n - (f.width_right + f.slope_right * ds);
        return select(max(beyond_left, beyond_right) > R(0.0), R(1.0), R(0.0));
    };
    const double front = vehicle.cg_to_front;
    const double rear = -vehicle.cg_to_rear;
    const double half = vehicle.half_width;
    return {off(front, half) + off(front, -half), off(rear, half) + off(rear, -half)};
}

// Pushes a car that reaches into a wall back out of it and applies the impulse of the hit at the
// foremost corner: the normal velocity there is reversed with restitution, Coulomb friction scrapes
// the tangential velocity, the lever arm turns the car along the wall (planar rigid-body impulse;
// Baraff, "Physically based modeling", SIGGRAPH course notes 1997, part II). Returns the speed into
// the wall [m/s], 0 without a hit; `touching` is 1 with contact.
template <class R>
RACER_INLINE R hit_wall(const Vehicle& vehicle, CarState<R>& car, Frenet<R>& f, R& touching) {
    constexpr double kRestitution = 0.15;
    constexpr double kFriction = 0.25;
    constexpr double kYawDamping = 0.95;  // per tick of contact
    const R zero(0.0);
    const R one(1.0);

    // The corner that reaches furthest out, and how far it reaches along the tangent.
    const R sign_sin = select(f.sin_heading < zero, -one, one);
    const R sign_cos = select(f.cos_heading < zero, -one, one);
    const R reach =
        R(vehicle.half_length) * abs(f.sin_heading) + R(vehicle.half_width) * abs(f.cos_heading);
    const R lever_left = R(vehicle.half_length) * sign_sin * f.cos_heading -
                         R(vehicle.half_width) * sign_cos * f.sin_heading;
    const R depth_left = f.n + reach - f.wall_left;
    const R depth_right = -f.n + reach - f.wall_right;
    const R side = select(depth_left > depth_right, one, -one);  // outward = side * left normal
    const R depth = max(depth_left, depth_right);
    const auto contact = depth > zero;
    touching = select(contact, one, zero);
    if (!any(contact)) return zero;
    const R lever = side * lever_left;

    // Position: translate and rotate by one positional impulse.
    const R inverse_mass(1.0 / vehicle.mass);
    const R inverse_inertia(1.0 / vehicle.yaw_inertia);
    const R mobility = inverse_mass + lever * lever * inverse_inertia;
    const R push = select(contact, depth / mobility, zero);
    const R shift = push * inverse_mass;
    const R turn = clamp(-side * lever * push * inverse_inertia, R(-0.05), R(0.05));
    const R normal_x = -f.tangent_y;
    const R normal_y = f.tangent_x;
    car.x = select(contact, car.x - side * shift * normal_x, car.x);
    car.y = select(contact, car.y - side * shift * normal_y, car.y);
    f.n = select(contact, f.n - side * shift, f.n);

    // Velocity in track axes, at the corner.
    const R v_t = car.v_x * f.cos_heading - car.v_y * f.sin_heading;
    const R v_n = car.v_x * f.sin_heading + car.v_y * f.cos_heading;
    const R into = side * (v_n + car.yaw_rate * lever);
    const R impact = select(contact, max(into, zero), zero);
    const R impulse = R(1.0 + kRestitution) * impact / mobility;
    const R scrape = min(R(kFriction) * impulse * inverse_mass, abs(v_t));
    const R v_t_after = v_t - select(v_t < zero, -scrape, scrape);
    const R v_n_after = v_n - side * impulse * inverse_mass;
    const R yaw_rate = (car.yaw_rate - side * lever * impulse * inverse_inertia) * R(kYawDamping);
    car.yaw_rate = select(contact, yaw_rate, car.yaw_rate);

    // Rotate the pose by the small angle, then express the velocity in the new body axes.
    const R cos_yaw = car.cos_yaw - turn * car.sin_yaw;
    const R sin_yaw = car.sin_yaw + turn * car.cos_yaw;
    const R cos_h = f.cos_heading - turn * f.sin_heading;
    const R sin_h = f.sin_heading + turn * f.cos_heading;
    const R unit = one / sqrt(cos_yaw * cos_yaw + sin_yaw * sin_yaw);
    car.cos_yaw = select(contact, cos_yaw * unit, car.cos_yaw);
    car.sin_yaw = select(contact, sin_yaw * unit, car.sin_yaw);
    const R cos_new = cos_h * unit;
    const R sin_new = sin_h * unit;
    const R forward = v_t_after * cos_new + v_n_after * sin_new;
    const R leftward = v_n_after * cos_new - v_t_after * sin_new;
    car.v_x = select(contact, forward, car.v_x);
    car.v_y = select(contact, leftward, car.v_y);
    f.cos_heading = select(contact, cos_new, f.cos_heading);
    f.sin_heading = select(contact, sin_new, f.sin_heading);
    return impact;
}

}  // namespace racer::RACER_ISA
