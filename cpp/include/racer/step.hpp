// One step of some worlds, read as its stages: take actions, then per tick physics, place on the
// track, rules; then ends of episodes, resets and observations.
#pragma once

#include "racer/action.hpp"
#include "racer/contact.hpp"
#include "racer/dynamics.hpp"
#include "racer/kernels.hpp"
#include "racer/lap_timing.hpp"
#include "racer/observe.hpp"
#include "racer/projection.hpp"
#include "racer/random.hpp"

namespace racer::RACER_ISA {

// Loads and stores one number per lane of a car field.
template <class R>
RACER_INLINE R load(const double* field) {
    if constexpr (LaneCount<R>::value == 1) {
        return *field;
    } else {
        return R::load(field);
    }
}
RACER_INLINE void store(double* field, double value) { *field = value; }
template <int W>
RACER_INLINE void store(double* field, const Lanes<double, W>& value) {
    value.store(field);
}

// Loads whole numbers as doubles.
template <class R>
RACER_INLINE R widen(const std::int16_t* field) {
    if constexpr (LaneCount<R>::value == 1) {
        return static_cast<double>(*field);
    } else {
        typedef std::int16_t Shorts
            __attribute__((vector_size(sizeof(std::int16_t) * LaneCount<R>::value)));
        Shorts shorts;
        __builtin_memcpy(&shorts, field, sizeof(shorts));
        return R(__builtin_convertvector(shorts, typename R::Vector));
    }
}

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

// Grip and drag for the next tick, from the wheels that stand beyond the edge now.
template <class R>
RACER_INLINE void store_surface(const Vehicle& vehicle, const CarArrays& c, int car,
                                const WheelContact<R>& wheels) {
    const R loss(0.5 * (1.0 - vehicle.grass_grip));  // per wheel of an axle
    const R off = wheels.off_front + wheels.off_rear;
    store(c.grip_front + car, R(1.0) - loss * wheels.off_front);
    store(c.grip_rear + car, R(1.0) - loss * wheels.off_rear);
    store(c.surface_drag + car, R(0.25 * vehicle.grass_drag) * off);
    store(c.wheels_off + car, off);
}

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

// Puts a car on the track and starts its lap state afresh.
RACER_INLINE void place_car(const StepContext& context, int car, const Placement& at) {
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    const double laps = at.s / track.length;
    auto whole = static_cast<std::int64_t>(laps);
    if (laps < static_cast<double>(whole)) --whole;
    double s = at.s - static_cast<double>(whole) * track.length;
    if (!(s >= 0.0 && s < track.length)) s = 0.0;
    auto station = static_cast<std::int32_t>(s / track.spacing);
    if (station >= track.station_count) station = track.station_count - 1;
    const double t = s / track.spacing - static_cast<double>(station);
    const Station& a = track.stations[static_cast<std::size_t>(station)];
    const Station& b = track.stations[static_cast<std::size_t>(station) + 1];
    const double tx = a.tangent_x + t * (b.tangent_x - a.tangent_x);
    const double ty = a.tangent_y + t * (b.tangent_y - a.tangent_y);
    const double unit = 1.0 / sqrt(tx * tx + ty * ty);
    const double cos_e = cos(at.heading_error);
    const double sin_e = sin(at.heading_error);

    c.x[car] = a.x + t * (b.x - a.x) - at.n * ty * unit;
    c.y[car] = a.y + t * (b.y - a.y) + at.n * tx * unit;
    c.cos_yaw[car] = (tx * cos_e - ty * sin_e) * unit;
    c.sin_yaw[car] = (ty * cos_e + tx * sin_e) * unit;
    c.v_x[car] = at.speed;
    c.v_y[car] = c.yaw_rate[car] = c.steer[car] = c.a_x[car] = 0.0;
    c.station[car] = station;
    c.progress[car] = c.distance[car] = 0.0;
    c.wall_contact[car] = c.wall_impact_speed[car] = c.fault[car] = 0.0;
    c.off_track_ticks[car] = c.wrong_way[car] = c.stillness_ticks[car] = 0;
    c.episode_ticks[car] = c.episode_steps[car] = 0;
    c.world_done[car] = 0;
    c.input_steer[car] = c.input_throttle[car] = c.input_brake[car] = 0;

    const Frenet<double> f = project(context.tracks + car, c.station + car, c.x[car], c.y[car],
                                     c.cos_yaw[car], c.sin_yaw[car]);
    // A car put on the line stands on it, not a rounding error behind it.
    c.s[car] = at.s == 0.0 || f.s >= track.length ? 0.0 : f.s;
    if (at.s == 0.0) c.station[car] = 0;
    c.n[car] = f.n;
    c.cos_heading[car] = f.cos_heading;
    c.sin_heading[car] = f.sin_heading;
    store_surface(*context.vehicle, c, car, wheels_beyond_edge(*context.vehicle, f));
    const bool standing = at.s == 0.0 && at.speed == 0.0;
    store_clock(c, car, standing ? standing_start() : LapClock{});
}

// Starts a new episode of a world by the start rules. Cars of one world start side by side.
RACER_INLINE void reset_world(const StepContext& context, int world) {
    const CarArrays& c = context.cars;
    const StartRules& rules = context.config->start;
    const int first = world * context.cars_per_world;
    const std::uint64_t key = split_seed(c.seed[first], c.episode[first]);
    const bool standing =
        rules.kind == StartKind::kStanding ||
        (rules.kind == StartKind::kMixed && uniform(key, 0) < rules.standing_fraction);
    const Track& track = *context.tracks[first];
    const double place = uniform(key, 1) * track.length;
    for (int i = 0; i < context.cars_per_world; ++i) {
        const int car = first + i;
        const auto draw = [&](int d) {
            return uniform(key, static_cast<std::uint64_t>(8 + 4 * i + d));
        };
        Placement at;
        if (!standing) {
            const auto station = static_cast<std::size_t>(place / track.spacing);
            const Station& here = track.stations[station];
            const double room_left = max(here.width_left - context.vehicle->half_width, 0.0);
            const double room_right = max(here.width_right - context.vehicle->half_width, 0.0);
            at.s = place;
            at.n = (draw(0) * (room_left + room_right) - room_right) * rules.lateral_fraction;
            at.heading_error = (2.0 * draw(1) - 1.0) * rules.heading_error;
            at.speed = here.spawn_speed *
                       (rules.speed_low + draw(2) * (rules.speed_high - rules.speed_low));
        }
        if (context.cars_per_world > 1) {
            // Evenly over the width that is there, the first car on the left.
            const Station& here = track.stations[static_cast<std::size_t>(at.s / track.spacing)];
            const double share =
                (static_cast<double>(i) + 0.5) / static_cast<double>(context.cars_per_world);
            at.n = here.width_left - share * (here.width_left + here.width_right);
        }
        ++c.episode[car];
        place_car(context, car, at);
    }
}

// Whether the episode of a world is over: its first car is the ego.
RACER_INLINE void judge_world(const StepContext& context, int world) {
    const CarArrays& c = context.cars;
    const EpisodeRules& rules = context.config->episode;
    const int ego = world * context.cars_per_world;
    const bool stuck = rules.stillness_timeout_ticks > 0 &&
                       c.stillness_ticks[ego] >= rules.stillness_timeout_ticks;
    const bool terminated = stuck || c.fault[ego] != 0.0 ||
                            (rules.terminate_off_track && c.off_track_ticks[ego] > 0) ||
                            (rules.terminate_on_wall && c.wall_contact[ego] != 0.0);
    const LapEvent& lap = context.lap_events[ego];
    const bool laps_done = rules.max_laps > 0 && lap.completed != 0 && lap.lap >= rules.max_laps;
    const bool time_up = rules.max_steps > 0 && c.episode_steps[ego] >= rules.max_steps;
    context.terminated[world] = terminated;
    context.truncated[world] = !terminated && (laps_done || time_up);
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
