// Rules and rewards of a tick: laps, faults against the rules, terms of the reward.
#pragma once

#include "circuit/car_access.hpp"
#include "circuit/lap_timing.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

// What a tick did to each car of a block.
struct alignas(64) TickFacts {
    double s_before[kCarBlock];  // [m]
    double moved[kCarBlock];     // progress [m]
    double touching[kCarBlock];  // 1 with wall contact
    double speed[kCarBlock];     // [m/s]
    double along[kCarBlock];     // speed along the centre line [m/s]
};

// The reward's terms of a block of cars, summed over the ticks of a step.
struct alignas(64) BlockScore {
    float terms[kRewardTerms][kCarBlock] = {};
};

// Whether the lap clock has anything to do for a car: most ticks pass no line, checkpoint or
// sector.
RACER_INLINE bool clock_can_change(const CarArrays& c, int car, const Track& track, double end) {
    if (end < 0.0 || end >= track.length) return true;
    if (c.lap_running[car] == 0) return false;
    const auto next = static_cast<std::size_t>(c.checkpoint[car]);
    return end >= track.sector_end[c.sector[car]] ||
           (next < track.checkpoints.size() && end >= track.checkpoints[next]);
}

// The lap clock of one car, the i-th of its block, after a tick.
RACER_INLINE void keep_time(const StepContext& context, int car, int i, const TickFacts& tick) {
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    std::int32_t reasons = 0;
    if (c.wheels_off[car] == 4.0) reasons |= kLapOffTrack;
    if (tick.touching[i] != 0.0) reasons |= kLapWall;
    if (c.fault[car] != 0.0) reasons |= kLapFault;
    if (reasons == 0 && !clock_can_change(c, car, track, tick.s_before[i] + tick.moved[i])) return;
    LapClock clock = load_clock(c, car);
    advance(clock, track, tick.s_before[i], tick.moved[i], c.episode_ticks[car], reasons,
            context.lap_events[car]);
    store_clock(c, car, clock);
}

// Counters and rewards of one register of cars, the i-th of the block and on, after a tick.
template <class R>
RACER_STAGE void score_cars(const StepContext& context, int block, int i, const TickFacts& tick,
                            BlockScore& score) {
    const int car = block + i;
    const CarArrays& c = context.cars;
    const RewardWeights& w = context.config->weights;

    const R speed = load<R>(tick.speed + i);
    const R wheels_off = load<R>(c.wheels_off + car);
    const auto off_track = wheels_off == R(4.0);
    const auto wall = load<R>(tick.touching + i) > R(0.0);
    const auto backward = load<R>(tick.along + i) < R(-0.5);
    const auto still = speed < R(context.config->episode.stillness_speed_threshold);

    const auto count = [car](std::int32_t* field) { return load_ints<R>(field + car); };
    store_ints(c.off_track_ticks + car, count(c.off_track_ticks) + ones(off_track));
    store_ints(c.wrong_way + car, ones(backward));
    store_ints(c.stillness_ticks + car, (count(c.stillness_ticks) + 1) * ones(still));
    store_ints(c.episode_ticks + car, count(c.episode_ticks) + 1);

    const R length = w.progress_length > 0.0
                         ? R(w.progress_length)
                         : gather<R>([&](int j) { return context.tracks[car + j]->length; });
    const auto add = [&](RewardTerm term, R value) { add_floats(score.terms[term] + i, value); };
    const auto add_where = [&](auto condition, RewardTerm term, double weight) {
        add(term, select(condition, R(weight), R(0.0)));
    };
    add(kProgress, R(w.progress) * load<R>(tick.moved + i) / length);
    add(kSpeedBonus, R(w.speed_bonus) * speed * R(1.0 / kSpeedBonusReference));
    add_where(wall, kWallPenalty, w.wall_penalty);
    add_where(off_track, kOffTrackPenalty, w.off_track_penalty);
    add_where(backward, kBackwardPenalty, w.backward_penalty);
    add_where(still, kStillnessPenalty, w.stillness_penalty);
    add(kWheelsOffPenalty, R(w.wheels_off_penalty) * wheels_off);
}

// Writes the rewards of the first `count` cars of a block.
RACER_INLINE void store_rewards(const StepContext& context, int block, int count,
                                const BlockScore& score) {
    float sums[kCarBlock] = {};
    for (const auto& term : score.terms) {
        for (int i = 0; i < kCarBlock; ++i) sums[i] += term[i];
    }
    float* row = context.reward_terms + static_cast<std::ptrdiff_t>(block) * kRewardTerms;
    for (int i = 0; i < count; ++i) {
        context.rewards[block + i] = sums[i];
        for (const auto& term : score.terms) *row++ = term[i];
    }
}

}  // namespace racer::RACER_ISA
