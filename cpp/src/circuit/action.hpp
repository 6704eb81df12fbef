// From what a driver says to what the car gets: clamp, map, quantise.
#pragma once

#include <cstdint>

#include "core/lane_memory.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

template <class R>
struct Pedals {
    R steer, throttle, brake;  // [-1, 1], [0, 1], [0, 1]
};

// Share of full lock that the axis action can reach at a speed: all of it when slow, a little more
// than the car can use when fast, so that neither a keyboard nor a noisy policy spins it. The part
// that falls with the speed is the kinematic bicycle's angle at 2.3 g.
template <class R>
RACER_INLINE R steering_share(const Vehicle& vehicle, R speed) {
    const double wheelbase = vehicle.cg_to_front + vehicle.cg_to_rear;
    const R range = R(0.12) + R(60.0 * (wheelbase / 2.7)) / (speed * speed + R(1.0));  // [rad]
    return min(range / R(vehicle.max_steer), R(1.0));
}

// The axis action: steering (left positive) and one axis for drive (positive) and brake (negative).
template <class R>
RACER_INLINE Pedals<R> axis_to_pedals(const Vehicle& vehicle, R steer, R drive, R speed) {
    return {steer * steering_share(vehicle, speed), max(drive, R(0.0)), max(-drive, R(0.0))};
}

// Rounds to the nearest of the input's steps, halves away from zero.
template <class R>
RACER_INLINE void quantise(std::int16_t* input, R value) {
    const R scaled = value * R(kInputScale);
    const R rounded = select(scaled < R(0.0), scaled - R(0.5), scaled + R(0.5));
    if constexpr (LaneCount<R>::value == 1) {
        *input = static_cast<std::int16_t>(rounded);
    } else {
        using Shorts = typename VectorOf<std::int16_t, LaneCount<R>::value>::Type;
        const auto whole = __builtin_convertvector(rounded.v, Ints<R>);
        const auto shorts = __builtin_convertvector(whole, Shorts);
        __builtin_memcpy(input, &shorts, sizeof(shorts));
    }
}

// Reads the action rows of a register of cars, of which `count` exist, into their quantised inputs.
// NaN counts as zero and is counted.
template <class R>
RACER_STAGE void take_actions(const StepContext& context, int car, int count) {
    constexpr int kMaxSize = 3;
    constexpr int kCount = LaneCount<R>::value;
    const int size = context.action_size;
    const float* rows = context.actions + static_cast<std::ptrdiff_t>(car) * size;
    float few[kMaxSize * kCount] = {};  // padding cars get zeros
    if (count < kCount) {
        for (int i = 0; i < count * size; ++i) few[i] = rows[i];
        rows = few;
    }
    const CarArrays& c = context.cars;
    const auto read = [&](int i, double low) {
        const R value = gather<R>([&](int j) { return static_cast<double>(rows[j * size + i]); });
        const auto sound = value == value;
        if (any(!sound)) {
            for (int j = 0; j < kCount; ++j) {
                const float number = rows[j * size + i];
                c.nan_actions[car + j] += number != number ? 1 : 0;
            }
        }
        return select(sound, clamp(value, R(low), R(1.0)), R(0.0));
    };
    Pedals<R> pedals{};
    if (context.action == ActionKind::kAxis) {
        const R steer = read(0, -1.0);
        const R drive = read(1, -1.0);
        pedals = axis_to_pedals(*context.vehicle, steer, drive, load<R>(c.v_x + car));
    } else {
        pedals.steer = read(0, -1.0);
        pedals.throttle = read(1, 0.0);
        pedals.brake = read(2, 0.0);
    }
    quantise(c.input_steer + car, pedals.steer);
    quantise(c.input_throttle + car, pedals.throttle);
    quantise(c.input_brake + car, pedals.brake);
}

}  // namespace racer::RACER_ISA
