// From what a driver says to what the car gets: clamp, map, quantise.
#pragma once

#include <cstdint>

#include "racer/kernels.hpp"
#include "racer/lanes.hpp"

namespace racer::RACER_ISA {

inline constexpr double kInputScale = 32767.0;

struct Pedals {
    double steer, throttle, brake;  // [-1, 1], [0, 1], [0, 1]
};

// Share of full lock that the axis action can reach at a speed: all of it when slow, a little more
// than the car can use when fast, so that neither a keyboard nor a noisy policy spins it. The part
// that falls with the speed is the kinematic bicycle's angle at 2.3 g.
RACER_INLINE double steering_share(const Vehicle& vehicle, double speed) {
    const double wheelbase = vehicle.cg_to_front + vehicle.cg_to_rear;
    const double range = 0.12 + 60.0 * (wheelbase / 2.7) / (speed * speed + 1.0);  // [rad]
    return min(range / vehicle.max_steer, 1.0);
}

// The axis action: steering (left positive) and one axis for drive (positive) and brake (negative).
RACER_INLINE Pedals axis_to_pedals(const Vehicle& vehicle, double steer, double drive,
                                   double speed) {
    return {steer * steering_share(vehicle, speed), max(drive, 0.0), max(-drive, 0.0)};
}

RACER_INLINE std::int16_t quantise(double value) {
    const double scaled = value * kInputScale;
    return static_cast<std::int16_t>(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
}

// Reads one action row into the car's quantised inputs. NaN counts as zero and is counted.
RACER_INLINE void take_action(const StepContext& context, int car) {
    const float* row = context.actions + static_cast<std::ptrdiff_t>(car) * context.action_size;
    const CarArrays& c = context.cars;
    const auto read = [&](int i, double low) {
        const double value = static_cast<double>(row[i]);
        if (value != value) {
            ++c.nan_actions[car];
            return 0.0;
        }
        return clamp(value, low, 1.0);
    };
    Pedals pedals{};
    if (context.action == ActionKind::kAxis) {
        const double speed = c.v_x[car];
        pedals = axis_to_pedals(*context.vehicle, read(0, -1.0), read(1, -1.0), speed);
    } else {
        pedals = {read(0, -1.0), read(1, 0.0), read(2, 0.0)};
    }
    c.input_steer[car] = quantise(pedals.steer);
    c.input_throttle[car] = quantise(pedals.throttle);
    c.input_brake[car] = quantise(pedals.brake);
}

}  // namespace racer::RACER_ISA
