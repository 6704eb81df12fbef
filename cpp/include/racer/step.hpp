// One step of some worlds, read as its stages: take actions, then per tick physics, place on the
// track, rules; then ends of episodes, resets and observations.
#pragma once

#include "racer/action.hpp"
#include "racer/car_access.hpp"
#include "racer/contact.hpp"
#include "racer/dynamics.hpp"
#include "racer/episode.hpp"
#include "racer/kernels.hpp"
#include "racer/lap_timing.hpp"
#include "racer/observe.hpp"
#include "racer/projection.hpp"

namespace racer::RACER_ISA {

// What a tick did to each car of a block.
struct alignas(64) TickFacts {
    double s_before[kCarBlock];  // [m]
    double moved[kCarBlock];     // progress [m]
    double touching[kCarBlock];  // 1 with wall contact
    double speed[kCarBlock];     // [m/s]
    double along[kCarBlock];     // speed along the centre line [m/s]
};

// The state after a tick, or the old one and a fault if it is not finite.
template <class R>
RACER_INLINE void store_sound_state(const CarArrays& c, int car, const CarState<R>& state) {
    // A number that is not finite is the only one that differs from itself minus itself plus
    // itself.
    const R sum = state.x + state.y + state.cos_yaw + state.sin_yaw + state.v_x + state.v_y +
                  state.yaw_rate + state.steer + state.a_x;
    const auto sound = (sum - sum) == R(0.0);
    const R fault = select(sound, load<R>(c.fault + car), R(1.0));
    store_state(c, car, select_state(fault == R(0.0), state, load_state<R>(c, car)));
    store(c.fault + car, fault);
}

// Physics of two registers of cars, `car` and on.
template <class R>
RACER_INLINE void drive_cars(const StepContext& context, int car) {
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

// Projection, walls and surfaces of one register of cars, the i-th of the block and on.
template <class R>
RACER_INLINE void move_cars(const StepContext& context, int block, int i, TickFacts& tick) {
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
// Whether the clock can change in a tick: most ticks pass no line, checkpoint or sector.
RACER_INLINE bool something_passed(const CarArrays& c, int car, const Track& track, double s,
                                   double progress) {
    const double end = s + progress;
    if (end < 0.0 || end >= track.length) return true;
    if (c.lap_running[car] == 0) return false;
    const auto next = static_cast<std::size_t>(c.checkpoint[car]);
    if (next < track.checkpoints.size() && end >= track.checkpoints[next]) return true;
    return end >= track.sector_end[c.sector[car]];
}

// Rules and rewards of one car, the i-th of its block, after a tick.
RACER_INLINE void apply_rules(const StepContext& context, int car, int i, const TickFacts& tick) {
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    const RewardWeights& w = context.config->weights;

    const double speed = tick.speed[i];
    const bool off_track = c.wheels_off[car] == 4.0;
    const bool wall = tick.touching[i] != 0.0;
    const bool backward = tick.along[i] < -0.5;
    const bool still = speed < context.config->episode.stillness_speed_threshold;

    std::int32_t reasons = 0;
    if (off_track) reasons |= kLapOffTrack;
    if (wall) reasons |= kLapWall;
    if (c.fault[car] != 0.0) reasons |= kLapFault;
    if (reasons != 0 || something_passed(c, car, track, tick.s_before[i], tick.moved[i])) {
        LapClock clock = load_clock(c, car);
        advance(clock, track, tick.s_before[i], tick.moved[i], c.episode_ticks[car], reasons,
                context.lap_events[car]);
        store_clock(c, car, clock);
    }

    c.off_track_ticks[car] += off_track ? 1 : 0;
    c.wrong_way[car] = backward ? 1 : 0;
    c.stillness_ticks[car] = still ? c.stillness_ticks[car] + 1 : 0;
    ++c.episode_ticks[car];

    float* terms = context.reward_terms + static_cast<std::ptrdiff_t>(car) * kRewardTerms;
    const auto add = [terms](RewardTerm term, double value) {
        terms[term] += static_cast<float>(value);
    };
    add(kProgress, w.progress * tick.moved[i] / track.length);
    add(kSpeedBonus, w.speed_bonus * speed * (1.0 / kSpeedBonusReference));
    if (wall) add(kWallPenalty, w.wall_penalty);
    if (off_track) add(kOffTrackPenalty, w.off_track_penalty);
    if (backward) add(kBackwardPenalty, w.backward_penalty);
    if (still) add(kStillnessPenalty, w.stillness_penalty);
    add(kWheelsOffPenalty, w.wheels_off_penalty * c.wheels_off[car]);
}

RACER_INLINE void tick_cars(const StepContext& context, int first, int last) {
    const int cars = context.worlds * context.cars_per_world;
    for (int block = first; block < last; block += kCarBlock) {
        TickFacts tick;
        for (int i = 0; i < kCarBlock; i += 2 * kLanes) drive_cars<Real>(context, block + i);
        for (int i = 0; i < kCarBlock; i += kLanes) move_cars<Real>(context, block, i, tick);
        const int count = block + kCarBlock < cars ? kCarBlock : cars - block;
        for (int i = 0; i < count; ++i) apply_rules(context, block + i, i, tick);
    }
}
RACER_INLINE void observe_worlds(const StepContext& context, int first_world, int last_world) {
    const int k = context.cars_per_world;
    for (int car = first_world * k; car < last_world * k; ++car) observe_car(context, car);
}

// Sums over the ticks of one step start at zero.
RACER_INLINE void begin_step(const StepContext& context, int car) {
    const CarArrays& c = context.cars;
    c.progress[car] = c.wall_contact[car] = c.wall_impact_speed[car] = 0.0;
    c.off_track_ticks[car] = 0;
    context.lap_events[car] = LapEvent{};
    float* terms = context.reward_terms + static_cast<std::ptrdiff_t>(car) * kRewardTerms;
    for (int term = 0; term < kRewardTerms; ++term) terms[term] = 0.0F;
}

// Worlds [first_world, last_world); first_world is a multiple of kCarBlock, so whole blocks of cars
// belong to the caller.
RACER_INLINE void step_worlds(const StepContext& context, int first_world, int last_world) {
    const CarArrays& c = context.cars;
    const int k = context.cars_per_world;
    const int first = first_world * k;
    const int last = last_world * k;

    for (int car = first; car < last; ++car) {
        begin_step(context, car);
        take_action(context, car);
    }
    for (int tick = 0; tick < context.ticks_per_action; ++tick) tick_cars(context, first, last);
    for (int car = first; car < last; ++car) {
        ++c.episode_steps[car];
        const float* terms = context.reward_terms + static_cast<std::ptrdiff_t>(car) * kRewardTerms;
        float sum = 0.0F;
        for (int term = 0; term < kRewardTerms; ++term) sum += terms[term];
        context.rewards[car] = sum;
    }

    const std::ptrdiff_t world_row = static_cast<std::ptrdiff_t>(k) * context.observation_size;
    for (int world = first_world; world < last_world; ++world) {
        const bool over_before = c.world_done[world * k] != 0;
        if (over_before && context.autoreset == Autoreset::kNextStep) {
            // The action of this step is ignored, as Gymnasium's NEXT_STEP mode has it.
            reset_world(context, world);
            for (int car = world * k; car < (world + 1) * k; ++car) {
                begin_step(context, car);
                context.rewards[car] = 0.0F;
            }
            context.terminated[world] = context.truncated[world] = false;
            observe_worlds(context, world, world + 1);
            continue;
        }
        judge_world(context, world);
        observe_worlds(context, world, world + 1);
        if (!context.terminated[world] && !context.truncated[world]) continue;
        if (context.autoreset == Autoreset::kSameStep) {
            float* row = context.observations + world * world_row;
            float* final_row = context.final_observations + world * world_row;
            for (std::ptrdiff_t i = 0; i < world_row; ++i) final_row[i] = row[i];
            for (int car = world * k; car < (world + 1) * k; ++car) {
                context.final_records[car] = read_record(c, car);
            }
            reset_world(context, world);
            observe_worlds(context, world, world + 1);
        } else {
            for (int car = world * k; car < (world + 1) * k; ++car) c.world_done[car] = 1;
        }
    }
}

}  // namespace racer::RACER_ISA
