// The reward of an ego vehicle.
#pragma once

#include "traffic/outcome.hpp"
#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

inline constexpr double kStillSpeed = 2.0;  // m/s

// From when to when two things overlap on one axis that are `distance` apart, change that by
// `speed` and touch at `reach`.
struct Span {
    double from, to;
};
RACER_INLINE Span overlap(double distance, double speed, double reach) {
    if (abs(speed) < 1e-6) return abs(distance) < reach ? Span{-kNever, kNever} : Span{1.0, -1.0};
    const double a = (-reach - distance) / speed;
    const double b = (reach - distance) / speed;
    return a < b ? Span{a, b} : Span{b, a};
}

// The option `safety_of_path`: the least time until the ego vehicle, at its velocity, meets one at
// its own. Whom it passes on another lane does not count; whom it drifts towards does.
inline double time_to_meet(const World& w, int ego) {
    constexpr double kMargin = 0.5;  // m, around both together
    double least = kNever;
    for (int i = 0; i < w.count; ++i) {
        const double gap = gap_along(w, ego, i);
        if (i == ego || abs(gap) > kPerceptionAhead) continue;
        const Span along = overlap(gap, speed_along(w, i) - speed_along(w, ego),
                                   highway::kVehicleLength + kMargin);
        const Span across =
            overlap(gap_across(w, ego, i), speed_across(w, i) - speed_across(w, ego),
                    highway::kVehicleWidth + kMargin);
        const double from = max(max(along.from, across.from), 0.0);
        if (from < min(along.to, across.to)) least = min(least, from);
    }
    return least;
}

RACER_INLINE double map_to_unit(double value, const highway::Range& range) {
    return (value - range.low) / (range.high - range.low);
}

// HighwayEnv's reward, and its parts before their weights.
inline double base_reward(const World& w, const highway::Outcome& out, double* parts) {
    using namespace highway;  // NOLINT(google-build-using-namespace): names of the terms
    const Config& c = *w.config;
    const bool plans = c.action != highway::ActionKind::kContinuous;
    const int lane = plans ? out.target_lane : out.lane;
    parts[kBaseCollision] = out.crashed != 0 ? 1.0 : 0.0;
    parts[kBaseRightLane] =
        static_cast<double>(lane) / static_cast<double>(c.lanes_count > 1 ? c.lanes_count - 1 : 1);
    parts[kBaseHighSpeed] = clamp(map_to_unit(out.forward_speed, c.reward_speed_range), 0.0, 1.0);
    parts[kBaseOnRoad] = out.on_road != 0 ? 1.0 : 0.0;
    double reward = c.collision_reward * parts[kBaseCollision] +
                    c.right_lane_reward * parts[kBaseRightLane] +
                    c.high_speed_reward * parts[kBaseHighSpeed];
    if (c.normalize_reward) {
        reward =
            map_to_unit(reward, {c.collision_reward, c.high_speed_reward + c.right_lane_reward});
    }
    return reward * parts[kBaseOnRoad];
}

// How close a collision is: 0 at `safety_time` or later, smoothly up to 1.
RACER_INLINE double danger(double time, double safety_time) {
    const double share = clamp(1.0 - time / safety_time, 0.0, 1.0);
    return share * share * (3.0 - 2.0 * share);
}

inline double score_ego(const World& w, int ego, const highway::Outcome& out, double* parts,
                        double* terms) {
    using namespace highway;  // NOLINT(google-build-using-namespace): names of the terms
    const Config& c = *w.config;
    const auto weigh = [](double weight, bool applies) { return applies ? weight : 0.0; };
    const double forward = clamp(out.forward_speed / kMaxSpeed, 0.0, 1.0);
    terms[kTermBase] = base_reward(w, out, parts);
    terms[kTermForwardSpeed] = c.forward_speed_reward * forward;
    const double time = c.safety_of_path ? time_to_meet(w, ego) : out.time_to_collision;
    terms[kTermSafety] = c.safety_reward * danger(time, c.safety_time);
    terms[kTermOffRoad] = weigh(c.off_road_reward, out.on_road == 0);
    terms[kTermStillness] = weigh(c.stillness_reward, abs(out.speed) < kStillSpeed);
    terms[kTermBackward] = weigh(c.backward_reward, out.forward_speed < -0.1);
    terms[kTermSpin] = weigh(c.spin_reward, heads_back(w, ego));
    const double aside = clamp(d_of(w, ego, out.lane) / (kLaneWidth / 2), -1.0, 1.0);
    terms[kTermOffCentre] = c.off_centre_reward * (aside * aside);
    double reward = 0.0;
    for (int k = 0; k < kTerms; ++k) reward += terms[k];
    return reward;
}

}  // namespace racer::RACER_ISA::traffic
