// The road as the rules see it: `s` along it, `d` across it from the middle of a lane, right
// positive, and the lanes, 0 leftmost. Rules know of no other coordinates, so that another road
// needs another file like this and no other rules.
//
// This one has straight parallel lanes: s is the vehicles' x, and d is y from the lane's middle.
#pragma once

#include "traffic/world.hpp"

namespace racer::RACER_ISA::traffic {

inline constexpr double kLaneMargin = 1.0;  // m beyond a lane's edge that count as on it

[[nodiscard]] RACER_INLINE double lane_middle(int lane) { return highway::kLaneWidth * lane; }

RACER_INLINE double s_of(const World& w, int i) { return w.x[i]; }
RACER_INLINE double d_of(const World& w, int i, int lane) { return w.y[i] - lane_middle(lane); }
// Of a register of vehicles.
RACER_INLINE Real load_s(const World& w, int i) { return load<Real>(w.x + i); }

// How far `other` is ahead of `who`, and to its right.
RACER_INLINE double gap_along(const World& w, int who, int other) { return w.x[other] - w.x[who]; }
RACER_INLINE double gap_across(const World& w, int who, int other) { return w.y[other] - w.y[who]; }

RACER_INLINE double speed_along(const World& w, int i) { return w.speed[i] * w.cosine[i]; }
RACER_INLINE double speed_across(const World& w, int i) { return w.speed[i] * w.sine[i]; }

// From the direction of the road, right positive.
RACER_INLINE double heading_error(const World& w, int i) {
    return precise::wrap_exact(w.heading[i]);
}
RACER_INLINE bool heads_back(const World& w, int i) { return w.cosine[i] < 0.0; }
RACER_INLINE Real load_heading(const World& w, int i) { return load<Real>(w.heading + i); }

RACER_INLINE bool has_lane(const World& w, int lane) {
    return lane >= 0 && lane < w.config->lanes_count;
}
RACER_INLINE int closest_lane_to(const World& w, int lane) {
    const int last = w.config->lanes_count - 1;
    return lane < 0 ? 0 : lane > last ? last : lane;
}

// Within the lane's length, a vehicle's length of slack at either end.
RACER_INLINE bool within_length(const World& w, int i) {
    const double s = s_of(w, i);
    return -highway::kVehicleLength <= s && s < highway::kRoadLength + highway::kVehicleLength;
}
RACER_INLINE bool within_width(const World& w, int i, int lane, double margin) {
    return abs(d_of(w, i, lane)) <= highway::kLaneWidth / 2 + margin;
}
RACER_INLINE bool on_lane(const World& w, int i, int lane, double margin) {
    return within_width(w, i, lane, margin) && within_length(w, i);
}
// Whether a driver may steer for a lane.
RACER_INLINE bool reachable(const World& w, int i, int lane) {
    const double s = s_of(w, i);
    return abs(d_of(w, i, lane)) <= 2 * highway::kLaneWidth && 0.0 <= s &&
           s < highway::kRoadLength + highway::kVehicleLength;
}
// The leftmost lane that may hold a vehicle, its margin included; two more may.
RACER_INLINE int first_lane_near(const World& w, int i) {
    const double y = w.y[i];
    return y > 1.0 ? static_cast<int>((y < 1e6 ? y : 1e6) * 0.25 - 0.75) : 0;
}

// Puts a vehicle into the middle of a lane, along the road.
RACER_INLINE void put(const World& w, int i, double s, int lane) {
    w.x[i] = s;
    w.y[i] = lane_middle(lane);
    w.heading[i] = 0.0;
    w.lane[i] = w.target_lane[i] = lane;
}

// Finds everybody's lane: that of least distance, across, along and in heading; the first of
// equals.
RACER_STAGE void find_lanes(const World& w, Scratch& scratch) {
    const int lanes = w.config->lanes_count;
    for (int i = 0; i < w.stride; i += kLanes) {
        const Real x = load<Real>(w.x + i);
        const Real y = load<Real>(w.y + i);
        const Real after = max(x - Real(highway::kRoadLength), Real(0.0));
        const Real before = max(Real(0.0) - x, Real(0.0));
        const Real turned = abs(precise::wrap_exact(load<Real>(w.heading + i)));
        Real best(0.0);
        Real least = ((abs(y) + after) + before) + turned;
        for (int lane = 1; lane < lanes; ++lane) {
            const Real across = abs(y - Real(lane_middle(lane)));
            const Real distance = ((across + after) + before) + turned;
            const auto nearer = distance < least;
            best = select(nearer, Real(static_cast<double>(lane)), best);
            least = select(nearer, distance, least);
        }
        store(scratch.closest + i, best);
    }
    for (int i = 0; i < w.count; ++i) w.lane[i] = static_cast<std::int32_t>(scratch.closest[i]);
}

}  // namespace racer::RACER_ISA::traffic
