// HighwayEnv's Kinematics observation: the ego vehicle and its nearest neighbours, a row each.
#pragma once

#include "racer/random.hpp"
#include "traffic/plane.hpp"
#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

inline constexpr double kPerception = 5.0 * highway::kMaxSpeed;       // m
inline constexpr double kSeenBehind = 2.0 * highway::kVehicleLength;  // m

inline bool is_seen(const World& w, int ego, int other) {
    const double dx = w.x[other] - w.x[ego];
    const double dy = w.y[other] - w.y[ego];
    return sqrt(dx * dx + dy * dy) < kPerception && (w.config->see_behind || -kSeenBehind < dx);
}

// The up to `wanted` vehicles nearest along the road, ties in order of rank. Returns how many.
inline int nearest_vehicles(const World& w, Scratch& scratch, int ego, int wanted) {
    std::int32_t* found = scratch.front;  // free between frames
    double* distance = scratch.distance;
    int place = 0;
    while (w.order[place] != ego) ++place;
    int ahead = place + 1;
    int behind = place - 1;
    int count = 0;
    while (ahead < w.count || behind >= 0) {
        const double to_ahead = ahead < w.count ? gap_along(w, ego, w.order[ahead]) : 1e300;
        const double to_behind = behind >= 0 ? gap_along(w, w.order[behind], ego) : 1e300;
        const bool forward = to_ahead <= to_behind;
        const double d = forward ? to_ahead : to_behind;
        const int other = forward ? w.order[ahead++] : w.order[behind--];
        if (d >= kPerception || (count >= wanted && d > distance[count - 1])) break;
        if (!is_seen(w, ego, other)) continue;
        int to = count++;
        while (to > 0 &&
               (distance[to - 1] > d ||
                (distance[to - 1] == d && rank_of(w, found[to - 1]) > rank_of(w, other)))) {
            distance[to] = distance[to - 1];
            found[to] = found[to - 1];
            --to;
        }
        distance[to] = d;
        found[to] = other;
    }
    return count < wanted ? count : wanted;
}

// The first `wanted` in order of rank. Returns how many there are.
inline int first_vehicles(const World& w, Scratch& scratch, int ego, int wanted) {
    int count = 0;
    for (int rank = 0; rank < w.count && count < wanted; ++rank) {
        const int i = vehicle_of_rank(w, rank);
        if (i != ego && is_seen(w, ego, i)) scratch.front[count++] = i;
    }
    return count;
}

inline double feature_of(const World& w, int ego, int i, highway::Feature feature, bool relative) {
    using highway::Feature;
    switch (feature) {
        case Feature::kPresence:
            return 1.0;
        case Feature::kX:
            return relative ? w.x[i] - w.x[ego] : w.x[i];
        case Feature::kY:
            return relative ? w.y[i] - w.y[ego] : w.y[i];
        case Feature::kVx:
            return relative ? velocity_x(w, i) - velocity_x(w, ego) : velocity_x(w, i);
        case Feature::kVy:
            return relative ? velocity_y(w, i) - velocity_y(w, ego) : velocity_y(w, i);
        case Feature::kHeading:
            return w.heading[i];
        case Feature::kCosHeading:
            return w.cosine[i];
        case Feature::kSinHeading:
            return w.sine[i];
        case Feature::kCosDestination:
        case Feature::kSinDestination:
            return 0.0;  // nobody has a destination
        case Feature::kLongitudinalOffset:
            return s_of(w, i);
        case Feature::kLateralOffset:
            return d_of(w, i, w.lane[i]);
        case Feature::kAngularOffset:
            return heading_error(w, i);
    }
    return 0.0;
}

// `agent` counts the controlled vehicles of the world.
inline void observe(const World& w, Scratch& scratch, int agent, float* row) {
    const Config& c = *w.config;
    const int ego = w.controlled.first + agent;
    const int wanted = c.observed_vehicles - 1;
    const int seen = wanted == 0  ? 0
                     : c.shuffled ? first_vehicles(w, scratch, ego, wanted)
                                  : nearest_vehicles(w, scratch, ego, wanted);
    float* out = row;
    for (int k = -1; k < seen; ++k) {
        const int i = k < 0 ? ego : scratch.front[k];
        const bool relative = k >= 0 && !c.absolute;
        for (int f = 0; f < c.feature_count; ++f) {
            double value = feature_of(w, ego, i, c.features[f], relative);
            if (c.normalize && c.has_range[f]) {
                const highway::Range& range = c.ranges[f];
                value = -1.0 + (value - range.low) * 2.0 / (range.high - range.low);
                if (c.clip_observation) value = clamp(value, -1.0, 1.0);
            }
            *out++ = static_cast<float>(value);
        }
    }
    float* const end = row + static_cast<std::ptrdiff_t>(c.observed_vehicles) * c.feature_count;
    while (out != end) *out++ = 0.0F;
    if (!c.shuffled) return;
    const std::uint64_t key = split_seed(split_seed(w.record->seed, w.record->episode),
                                         1 + static_cast<std::uint64_t>(agent));
    for (int k = wanted; k > 1; --k) {  // Fisher and Yates, over the rows below the ego's
        const auto draw =
            static_cast<std::uint64_t>(w.record->steps) * 1024U + static_cast<std::uint64_t>(k);
        const int other = 1 + static_cast<int>(uniform(key, draw) * k);
        for (int f = 0; f < c.feature_count; ++f) {
            float& a = row[static_cast<std::ptrdiff_t>(k) * c.feature_count + f];
            float& b = row[static_cast<std::ptrdiff_t>(other) * c.feature_count + f];
            const float kept = a;
            a = b;
            b = kept;
        }
    }
}

}  // namespace racer::RACER_ISA::traffic
