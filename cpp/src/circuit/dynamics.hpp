// The car: a planar single-track model with three degrees of freedom, nonlinear tyres, downforce
// and lagged load transfer, blended into the kinematic bicycle at walking speed.
//
// Axes ISO 8855: world x east, y north, yaw counter-clockwise; body x forward, y left. The car has
// no reverse gear: it moves backwards only while it slides in a spin, and then brakes by itself.
#pragma once

#include <cstddef>

#include "circuit/tyre.hpp"
#include "core/lanes.hpp"
#include "core/math.hpp"
#include "core/pair.hpp"
#include "racer/vehicle.hpp"

namespace racer::RACER_ISA {

template <class R>
struct CarState {
    R x, y;              // m, world
    R cos_yaw, sin_yaw;  // 1
    R v_x, v_y;          // m/s, body
    R yaw_rate;          // rad/s
    R steer;             // rad, road-wheel angle, left positive
    R a_x;               // m/s2, longitudinal acceleration as the load transfer sees it (lagged)
};

template <class R>
struct CarInputs {
    R steer_target;           // rad
    R throttle, brake;        // 1, 0 to 1
    R grip_front, grip_rear;  // 1, 0 to 1, surface factor of each axle
    R surface_drag;           // N
};

// What acts on the car, computed from state and inputs.
template <class R>
struct CarForces {
    R load_front, load_rear;   // N
    R slip_front, slip_rear;   // rad
    AxleForce<R> front, rear;  // N, in the axes of the wheels
    R resistance;              // N, drag, rolling and surface, against the motion
    R blend;                   // 1, 0 kinematic bicycle, 1 tyre forces
    R a_x;                     // m/s2, longitudinal acceleration of the centre of gravity
    R v_x_rate, v_y_rate;      // m/s2, in the turning body axes
    R yaw_acceleration;        // rad/s2
};

// The front wheels at one moment.
template <class R>
struct Steering {
    R angle;         // rad
    R cosine, sine;  // 1
    R curvature;     // 1/m, tan(angle) / wheelbase: the path of the kinematic bicycle
};

template <class R>
RACER_INLINE Steering<R> steering_at(const Vehicle& vehicle, R angle) {
    const R sine = sin_half_turn(angle);
    const R cosine = cos_half_turn(angle);
    return {angle, cosine, sine, R(vehicle.inverse_wheelbase) * (sine / cosine)};
}

template <class R>
RACER_INLINE CarForces<R> forces(const Vehicle& vehicle, const CarState<R>& car,
                                 const CarInputs<R>& inputs, const Steering<R>& steering) {
    CarForces<R> out;
    const R zero(0.0);
    const R one(1.0);
    const R v2 = car.v_x * car.v_x;

    // Axle loads: static, downforce, longitudinal transfer.
    const R transfer = R(vehicle.transfer) * car.a_x;
    const R floor(vehicle.load_floor);
    out.load_front = max(R(vehicle.load_front) + R(vehicle.lift_front) * v2 - transfer, floor);
    out.load_rear = max(R(vehicle.load_rear) + R(vehicle.lift_rear) * v2 + transfer, floor);

    // Slip angles. Below slip_speed the denominator stays there, and the steering angle counts in
    // proportion to the speed, so that a wheel at rest has no slip; backwards it counts the other
    // way.
    const R slip_speed = max(abs(car.v_x), R(vehicle.slip_speed));
    const R forward = clamp(car.v_x * R(vehicle.inverse_slip_speed), -one, one);
    const R side_front = car.v_y + R(vehicle.cg_to_front) * car.yaw_rate;
    const R side_rear = car.v_y - R(vehicle.cg_to_rear) * car.yaw_rate;
    out.slip_front = forward * steering.angle - atan_ratio(side_front, slip_speed);
    out.slip_rear = -atan_ratio(side_rear, slip_speed);

    // Pedals. Brakes and rolling resistance hold against the drive and whatever speed is left, so
    // that the car stops within a tick of rest and stays there.
    const R drive = inputs.throttle * R(vehicle.power) / max(car.v_x, R(vehicle.drive_speed));
    const R pedal =
        select(car.v_x < zero, max(inputs.brake, R(vehicle.backward_brake)), inputs.brake);
    const R braking = R(vehicle.brake_force) * pedal;
    const R passive = R(vehicle.rolling_resistance) + inputs.surface_drag;
    const R to_rest = drive + R(vehicle.mass / kTickSeconds) * car.v_x;
    const R held = clamp(to_rest, -(braking + passive), braking + passive);
    const R rolling = clamp(held, -passive, passive);
    const R brake = held - rolling;
    const R brake_front = R(vehicle.brake_front) * brake;
    out.resistance = rolling + R(vehicle.drag) * car.v_x * abs(car.v_x);

    // Tyres.
    const R capacity_front =
        tyre_capacity(vehicle.capacity_front, out.load_front, inputs.grip_front);
    const R capacity_rear = tyre_capacity(vehicle.capacity_rear, out.load_rear, inputs.grip_rear);
    const R share_front = tyre_lateral_share(vehicle.stiffness_front, vehicle.shape_front,
                                             vehicle.curvature_front, out.slip_front);
    const R share_rear = tyre_lateral_share(vehicle.stiffness_rear, vehicle.shape_rear,
                                            vehicle.curvature_rear, out.slip_rear);
    out.front = tyre_force(vehicle.grip_use, vehicle.priority_front, capacity_front, share_front,
                           -brake_front);
    out.rear = tyre_force(vehicle.grip_use, vehicle.priority_rear, capacity_rear, share_rear,
                          drive - (brake - brake_front));

    // Blend, by the square of the speed in any direction, so that a slide is never kinematic.
    const R speed2 = v2 + car.v_y * car.v_y;
    const R t =
        clamp((speed2 - R(vehicle.blend_low * vehicle.blend_low)) * R(vehicle.inverse_blend_range),
              zero, one);
    out.blend = t * t * (R(3.0) - (t + t));

    // Kinematic bicycle: sideways speed and yaw rate follow the front wheels' path; the push that
    // this takes at the front wheels slows the car, so that steering adds no energy.
    const R yaw_target = car.v_x * steering.curvature;
    const R pull(vehicle.inverse_blend_lag);
    const R yaw_kinematic = (yaw_target - car.yaw_rate) * pull;
    const R v_y_kinematic = (R(vehicle.cg_to_rear) * yaw_target - car.v_y) * pull;
    const R scrub = steering.curvature * (R(vehicle.yaw_inertia) * yaw_kinematic +
                                          R(vehicle.mass * vehicle.cg_to_rear) *
                                              (v_y_kinematic + car.v_x * car.yaw_rate));

    // Newton and Euler.
    const R front_left =
        out.front.lateral * steering.cosine + out.front.longitudinal * steering.sine;
    const R scrub_dynamic = out.front.lateral * steering.sine;
    const R along = out.front.longitudinal * steering.cosine + out.rear.longitudinal -
                    out.resistance - (scrub + out.blend * (scrub_dynamic - scrub));
    out.a_x = along * R(vehicle.inverse_mass);
    out.v_x_rate = out.a_x + car.v_y * car.yaw_rate;
    const R v_y_dynamic =
        (front_left + out.rear.lateral) * R(vehicle.inverse_mass) - car.v_x * car.yaw_rate;
    const R yaw_dynamic =
        (R(vehicle.cg_to_front) * front_left - R(vehicle.cg_to_rear) * out.rear.lateral) *
        R(vehicle.inverse_inertia);
    out.v_y_rate = v_y_kinematic + out.blend * (v_y_dynamic - v_y_kinematic);
    out.yaw_acceleration = yaw_kinematic + out.blend * (yaw_dynamic - yaw_kinematic);
    return out;
}

template <class R>
RACER_INLINE CarForces<R> forces(const Vehicle& vehicle, const CarState<R>& car,
                                 const CarInputs<R>& inputs) {
    return forces(vehicle, car, inputs, steering_at(vehicle, car.steer));
}

// Rate of change of the state per second. The steering moves by itself (see integrate_tick) and has
// rate 0 here.
template <class R>
RACER_INLINE CarState<R> derivative(const Vehicle& vehicle, const CarState<R>& car,
                                    const CarInputs<R>& inputs, const Steering<R>& steering) {
    const CarForces<R> f = forces(vehicle, car, inputs, steering);
    CarState<R> rate;
    rate.x = car.v_x * car.cos_yaw - car.v_y * car.sin_yaw;
    rate.y = car.v_x * car.sin_yaw + car.v_y * car.cos_yaw;
    rate.cos_yaw = -(car.sin_yaw * car.yaw_rate);
    rate.sin_yaw = car.cos_yaw * car.yaw_rate;
    rate.v_x = f.v_x_rate;
    rate.v_y = f.v_y_rate;
    rate.yaw_rate = f.yaw_acceleration;
    rate.steer = R(0.0);
    rate.a_x = (f.a_x - car.a_x) * R(vehicle.inverse_transfer_lag);
    return rate;
}

// a + b h, field by field; the steering stays a's.
template <class R>
RACER_INLINE CarState<R> advanced(const CarState<R>& a, const CarState<R>& b, R h) {
    return {a.x + b.x * h,
            a.y + b.y * h,
            a.cos_yaw + b.cos_yaw * h,
            a.sin_yaw + b.sin_yaw * h,
            a.v_x + b.v_x * h,
            a.v_y + b.v_y * h,
            a.yaw_rate + b.yaw_rate * h,
            a.steer,
            a.a_x + b.a_x * h};
}

// a + 2 b + 2 c + d, field by field; no steering.
template <class R>
RACER_INLINE CarState<R> runge_kutta_sum(const CarState<R>& a, const CarState<R>& b,
                                         const CarState<R>& c, const CarState<R>& d) {
    const auto sum = [&](R CarState<R>::* field) {
        const R middle = b.*field + c.*field;
        return (a.*field + d.*field) + (middle + middle);
    };
    using S = CarState<R>;
    return {sum(&S::x),   sum(&S::y),        sum(&S::cos_yaw), sum(&S::sin_yaw), sum(&S::v_x),
            sum(&S::v_y), sum(&S::yaw_rate), R(0.0),           sum(&S::a_x)};
}

// Sets what is left of a motion to exactly 0, so that a car comes to rest and no number decays into
// the denormals.
template <class R>
RACER_INLINE void settle(CarState<R>& car) {
    constexpr double kRest = 1e-4;      // m/s and rad/s, all three at once
    constexpr double kNothing = 1e-12;  // in any one number
    const R zero(0.0);
    const R motion = max(max(abs(car.v_x), abs(car.v_y)), abs(car.yaw_rate));
    const R least = select(motion < R(kRest), R(kRest), R(kNothing));
    car.v_x = select(abs(car.v_x) < least, zero, car.v_x);
    car.v_y = select(abs(car.v_y) < least, zero, car.v_y);
    car.yaw_rate = select(abs(car.yaw_rate) < least, zero, car.yaw_rate);
    car.a_x = select(abs(car.a_x) < R(kNothing), zero, car.a_x);
}

// One tick: classical Runge-Kutta steps, kSubsteps of them but for tests of the integrator. The
// steering angle moves at its limited rate to its target and stops there; its exact path is known
// beforehand and enters each stage.
template <class R>
RACER_INLINE void integrate_tick(const Vehicle& vehicle, CarState<R>& car,
                                 const CarInputs<R>& inputs, int substeps = kSubsteps) {
    const double step = kTickSeconds / substeps;
    const R whole(step);
    const R half(0.5 * step);
    const R target = clamp(inputs.steer_target, R(-vehicle.max_steer), R(vehicle.max_steer));
    const R reach(vehicle.steer_rate * step);
    Steering<R> start = steering_at(vehicle, car.steer);
    for (int i = 0; i < substeps; ++i) {
        const R way = target - car.steer;
        const R half_reach = R(0.5) * reach;
        const R end_angle = car.steer + clamp(way, -reach, reach);
        const Steering<R> middle =
            steering_at(vehicle, car.steer + clamp(way, -half_reach, half_reach));
        const Steering<R> end = steering_at(vehicle, end_angle);

        const CarState<R> k1 = derivative(vehicle, car, inputs, start);
        const CarState<R> k2 = derivative(vehicle, advanced(car, k1, half), inputs, middle);
        const CarState<R> k3 = derivative(vehicle, advanced(car, k2, half), inputs, middle);
        const CarState<R> k4 = derivative(vehicle, advanced(car, k3, whole), inputs, end);
        const R sixth(step / 6.0);
        car = advanced(car, runge_kutta_sum(k1, k2, k3, k4), sixth);
        car.steer = end_angle;
        start = end;
    }
    // One Newton step towards cos^2 + sin^2 = 1 holds the pair there.
    const R norm2 = car.cos_yaw * car.cos_yaw + car.sin_yaw * car.sin_yaw;
    const R unit = R(1.5) - R(0.5) * norm2;
    car.cos_yaw = car.cos_yaw * unit;
    car.sin_yaw = car.sin_yaw * unit;
    settle(car);
}

// One tick of two registers of cars at once, a quarter faster than one after the other.
template <class R>
RACER_INLINE void integrate_tick(const Vehicle& vehicle, CarState<R>& first,
                                 const CarInputs<R>& first_inputs, CarState<R>& second,
                                 const CarInputs<R>& second_inputs) {
    const auto both = [](auto& a, auto& b) { return Pair<R>(a, b); };
    const CarInputs<Pair<R>> inputs = {
        both(first_inputs.steer_target, second_inputs.steer_target),
        both(first_inputs.throttle, second_inputs.throttle),
        both(first_inputs.brake, second_inputs.brake),
        both(first_inputs.grip_front, second_inputs.grip_front),
        both(first_inputs.grip_rear, second_inputs.grip_rear),
        both(first_inputs.surface_drag, second_inputs.surface_drag),
    };
    CarState<Pair<R>> cars = {
        both(first.x, second.x),
        both(first.y, second.y),
        both(first.cos_yaw, second.cos_yaw),
        both(first.sin_yaw, second.sin_yaw),
        both(first.v_x, second.v_x),
        both(first.v_y, second.v_y),
        both(first.yaw_rate, second.yaw_rate),
        both(first.steer, second.steer),
        both(first.a_x, second.a_x),
    };
    integrate_tick(vehicle, cars, inputs);
    first = {cars.x.a,   cars.y.a,        cars.cos_yaw.a, cars.sin_yaw.a, cars.v_x.a,
             cars.v_y.a, cars.yaw_rate.a, cars.steer.a,   cars.a_x.a};
    second = {cars.x.b,   cars.y.b,        cars.cos_yaw.b, cars.sin_yaw.b, cars.v_x.b,
              cars.v_y.b, cars.yaw_rate.b, cars.steer.b,   cars.a_x.b};
}

}  // namespace racer::RACER_ISA
