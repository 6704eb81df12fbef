// One step of some worlds, read as its stages: take actions, then per tick physics, place on the
// track, rules; then ends of episodes, resets and observations.
#pragma once

#include "circuit/action.hpp"
#include "circuit/car_access.hpp"
#include "circuit/contact.hpp"
#include "circuit/dynamics.hpp"
#include "circuit/ends.hpp"
#include "circuit/observe.hpp"
#include "circuit/score.hpp"
#include "circuit/starts.hpp"
#include "road/projection.hpp"

namespace racer::RACER_ISA {

// The state after a tick, or the old one and a fault if it is not finite.
template <class R>
RACER_INLINE void store_sound_state(const CarArrays& c, int car, const CarState<R>& state) {
    // x - x is 0 for every finite x, and NaN for infinities and NaN, which a sum passes on.
    const R sum = state.x + state.y + state.cos_yaw + state.sin_yaw + state.v_x + state.v_y +
                  state.yaw_rate + state.steer + state.a_x;
    const auto sound = (sum - sum) == R(0.0);
    const R fault = select(sound, load<R>(c.fault + car), R(1.0));
    store_state(c, car, select_state(fault == R(0.0), state, load_state<R>(c, car)));
    store(c.fault + car, fault);
}

// Physics of two registers of cars, `car` and on.
template <class R>
RACER_STAGE void drive_cars(const StepContext& context, int car) {
    const CarArrays& c = context.cars;
    const Vehicle& vehicle = *context.vehicle;
    const int next = car + LaneCount<R>::value;
    CarState<R> first = load_state<R>(c, car);
    CarState<R> second = load_state<R>(c, next);
    integrate_tick(vehicle, first, load_inputs<R>(vehicle, c, car), second,
                   load_inputs<R>(vehicle, c, next));
    store_sound_state(c, car, first);
    store_sound_state(c, next, second);
}

// Physics of one register of cars, where the block holds no more.
template <class R>
RACER_STAGE void drive_few_cars(const StepContext& context, int car) {
    const CarArrays& c = context.cars;
    CarState<R> state = load_state<R>(c, car);
    integrate_tick(*context.vehicle, state, load_inputs<R>(*context.vehicle, c, car));
    store_sound_state(c, car, state);
}

// Projection, walls and surfaces of one register of cars, the i-th of the block and on.
template <class R>
RACER_STAGE void move_cars(const StepContext& context, int block, int i, TickFacts& tick) {
    const int car = block + i;
    const CarArrays& c = context.cars;
    const Vehicle& vehicle = *context.vehicle;
    CarState<R> state = load_state<R>(c, car);
    Frenet<R> f = project(context.tracks + car, c.station + car, state.x, state.y, state.cos_yaw,
                          state.sin_yaw);
    R touching;
    const R impact = hit_wall(vehicle, state, f, touching);
    store_surface(vehicle, c, car, wheels_beyond_edge(vehicle, f));

    const R length = gather<R>([&](int j) { return context.tracks[car + j]->length; });
    const R half = R(0.5) * length;
    const R s_before = load<R>(c.s + car);
    R progress = f.s - s_before;
    progress = select(progress > half, progress - length, progress);
    progress = select(progress < -half, progress + length, progress);
    store(tick.s_before + i, s_before);
    store(tick.moved + i, progress);
    store(tick.touching + i, touching);
    store(tick.speed + i, sqrt(state.v_x * state.v_x + state.v_y * state.v_y));
    store(tick.along + i, state.v_x * f.cos_heading - state.v_y * f.sin_heading);
    store(c.s + car, select(f.s < length, f.s, f.s - length));
    store(c.n + car, f.n);
    store(c.cos_heading + car, f.cos_heading);
    store(c.sin_heading + car, f.sin_heading);
    store(c.progress + car, load<R>(c.progress + car) + progress);
    store(c.distance + car, load<R>(c.distance + car) + progress);
    store(c.wall_contact + car, max(load<R>(c.wall_contact + car), touching));
    store(c.wall_impact_speed + car, max(load<R>(c.wall_impact_speed + car), impact));
    store_state(c, car, state);
}

// One tick of the first `count` cars of a block, a register R of them at a time.
template <class R>
RACER_INLINE void tick_cars(const StepContext& context, int block, int count, BlockScore& score) {
    constexpr int kWidth = LaneCount<R>::value;
    TickFacts tick;
    for (int i = 0; i < count; i += 2 * kWidth) {
        if (count - i > kWidth) {
            drive_cars<R>(context, block + i);
        } else {
            drive_few_cars<R>(context, block + i);
        }
    }
    for (int i = 0; i < count; i += kWidth) move_cars<R>(context, block, i, tick);
    for (int i = 0; i < count; ++i) keep_time(context, block + i, i, tick);
    for (int i = 0; i < count; i += kWidth) score_cars<R>(context, block, i, tick, score);
}

// One tick of a block of cars; `count` of them are not padding. One car alone, as in a Gymnasium
// Env, is quicker without lanes: a register's division and root take as long as four plain ones.
RACER_INLINE void tick_block(const StepContext& context, int block, int count, BlockScore& score) {
    if (count == 1) {
        tick_cars<double>(context, block, count, score);
    } else {
        tick_cars<Real>(context, block, count, score);
    }
}

// What is counted per step starts at zero.
RACER_INLINE void begin_step(const StepContext& context, int first, int last) {
    const CarArrays& c = context.cars;
    for (int car = first; car < last; ++car) c.progress[car] = 0.0;
    for (int car = first; car < last; ++car) c.wall_contact[car] = 0.0;
    for (int car = first; car < last; ++car) c.wall_impact_speed[car] = 0.0;
    for (int car = first; car < last; ++car) c.off_track_ticks[car] = 0;
    for (int car = first; car < last; ++car) {
        if (context.lap_events[car].completed != 0) context.lap_events[car] = LapEvent{};
    }
}

// Drives a block of cars through all ticks of a step while it stays in the nearest cache.
RACER_INLINE void drive_block(const StepContext& context, int block, int count) {
    BlockScore score;
    begin_step(context, block, block + count);
    for (int car = block; car < block + count; ++car) ++context.cars.episode_steps[car];
    for (int i = 0; i < count; i += kLanes) take_actions<Real>(context, block + i, count - i);
    for (int tick = 0; tick < context.ticks_per_action; ++tick) {
        tick_block(context, block, count, score);
    }
    store_rewards(context, block, count, score);
}

// The action of this step is ignored, as Gymnasium's NEXT_STEP mode has it.
RACER_INLINE void start_anew(const StepContext& context, int world) {
    const int k = context.cars_per_world;
    reset_world(context, world);
    begin_step(context, world * k, (world + 1) * k);
    for (int car = world * k; car < (world + 1) * k; ++car) {
        context.rewards[car] = 0.0F;
        float* terms = context.reward_terms + static_cast<std::ptrdiff_t>(car) * kRewardTerms;
        for (int term = 0; term < kRewardTerms; ++term) terms[term] = 0.0F;
    }
    context.terminated[world] = context.truncated[world] = false;
}

// Keeps what a world that is over showed last, and starts its next episode.
RACER_INLINE void keep_and_start_anew(const StepContext& context, int world) {
    const int k = context.cars_per_world;
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(k) * context.observation_size;
    const float* row = context.observations + world * size;
    float* final_row = context.final_observations + world * size;
    for (std::ptrdiff_t i = 0; i < size; ++i) final_row[i] = row[i];
    for (int car = world * k; car < (world + 1) * k; ++car) {
        context.final_records[car] = read_record(context.cars, car);
    }
    reset_world(context, world);
    observe_cars(context, world * k, (world + 1) * k);
}

// Worlds [first_world, last_world), at most kCarBlock of them; first_world is a multiple of
// kCarBlock, so that whole blocks of cars belong to the caller.
RACER_INLINE void step_group(const StepContext& context, int first_world, int last_world) {
    const int k = context.cars_per_world;
    const int last = last_world * k;
    for (int block = first_world * k; block < last; block += kCarBlock) {
        drive_block(context, block, block + kCarBlock < last ? kCarBlock : last - block);
    }
    for (int world = first_world; world < last_world; ++world) {
        const bool over_before = context.cars.world_done[world * k] != 0;
        if (over_before && context.autoreset == Autoreset::kNextStep) {
            start_anew(context, world);
        } else {
            end_world(context, world);
        }
    }
    observe_cars(context, first_world * k, last);
    for (int world = first_world; world < last_world; ++world) {
        if (!context.terminated[world] && !context.truncated[world]) continue;
        if (context.autoreset == Autoreset::kSameStep) {
            keep_and_start_anew(context, world);
        } else {
            for (int car = world * k; car < (world + 1) * k; ++car)
                context.cars.world_done[car] = 1;
        }
    }
}

RACER_INLINE void step_worlds(const StepContext& context, int first_world, int last_world) {
    for (int world = first_world; world < last_world; world += kCarBlock) {
        step_group(context, world, world + kCarBlock < last_world ? world + kCarBlock : last_world);
    }
}

}  // namespace racer::RACER_ISA
