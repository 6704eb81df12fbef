// Between the arrays of a batch and the values that the kernels compute with.
#pragma once

#include "circuit/dynamics.hpp"
#include "circuit/lap_timing.hpp"
#include "core/lane_memory.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

template <class R>
RACER_INLINE CarState<R> load_state(const CarArrays& c, int car) {
    CarState<R> state;
    state.x = load<R>(c.x + car);
    state.y = load<R>(c.y + car);
    state.cos_yaw = load<R>(c.cos_yaw + car);
    state.sin_yaw = load<R>(c.sin_yaw + car);
    state.v_x = load<R>(c.v_x + car);
    state.v_y = load<R>(c.v_y + car);
    state.yaw_rate = load<R>(c.yaw_rate + car);
    state.steer = load<R>(c.steer + car);
    state.a_x = load<R>(c.a_x + car);
    return state;
}
template <class R>
RACER_INLINE void store_state(const CarArrays& c, int car, const CarState<R>& state) {
    store(c.x + car, state.x);
    store(c.y + car, state.y);
    store(c.cos_yaw + car, state.cos_yaw);
    store(c.sin_yaw + car, state.sin_yaw);
    store(c.v_x + car, state.v_x);
    store(c.v_y + car, state.v_y);
    store(c.yaw_rate + car, state.yaw_rate);
    store(c.steer + car, state.steer);
    store(c.a_x + car, state.a_x);
}

template <class R>
RACER_INLINE CarInputs<R> load_inputs(const Vehicle& vehicle, const CarArrays& c, int car) {
    CarInputs<R> inputs;
    const R scale(1.0 / kInputScale);
    const auto input = [&](const std::int16_t* field) { return widen<R>(field + car) * scale; };
    inputs.steer_target = input(c.input_steer) * R(vehicle.max_steer);
    inputs.throttle = input(c.input_throttle);
    inputs.brake = input(c.input_brake);
    inputs.grip_front = load<R>(c.grip_front + car);
    inputs.grip_rear = load<R>(c.grip_rear + car);
    inputs.surface_drag = load<R>(c.surface_drag + car);
    return inputs;
}

template <class R>
RACER_INLINE CarState<R> select_state(auto mask, const CarState<R>& a, const CarState<R>& b) {
    return {select(mask, a.x, b.x),
            select(mask, a.y, b.y),
            select(mask, a.cos_yaw, b.cos_yaw),
            select(mask, a.sin_yaw, b.sin_yaw),
            select(mask, a.v_x, b.v_x),
            select(mask, a.v_y, b.v_y),
            select(mask, a.yaw_rate, b.yaw_rate),
            select(mask, a.steer, b.steer),
            select(mask, a.a_x, b.a_x)};
}
RACER_INLINE LapClock load_clock(const CarArrays& c, int car) {
    LapClock clock;
    clock.lap_start = c.lap_start[car];
    clock.sector_start = c.sector_start[car];
    clock.sector_time[0] = c.sector_time_1[car];
    clock.sector_time[1] = c.sector_time_2[car];
    clock.running = c.lap_running[car];
    clock.standing = c.lap_standing[car];
    clock.lap = c.lap[car];
    clock.reasons = c.lap_reasons[car];
    clock.checkpoint = c.checkpoint[car];
    clock.sector = c.sector[car];
    return clock;
}
RACER_INLINE void store_clock(const CarArrays& c, int car, const LapClock& clock) {
    c.lap_start[car] = clock.lap_start;
    c.sector_start[car] = clock.sector_start;
    c.sector_time_1[car] = clock.sector_time[0];
    c.sector_time_2[car] = clock.sector_time[1];
    c.lap_running[car] = clock.running;
    c.lap_standing[car] = clock.standing;
    c.lap[car] = clock.lap;
    c.lap_reasons[car] = clock.reasons;
    c.checkpoint[car] = clock.checkpoint;
    c.sector[car] = clock.sector;
}
}  // namespace racer::RACER_ISA
