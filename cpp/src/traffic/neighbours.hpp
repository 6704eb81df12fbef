// Who drives ahead of whom: the order along the road, and the vehicles of each lane.
#pragma once

#include "traffic/road.hpp"

namespace racer::RACER_ISA::traffic {

// Restores the order by s, then by rank: nearly sorted from frame to frame.
RACER_STAGE void sort_by_s(const World& w) {
    for (int k = 1; k < w.count; ++k) {
        const std::int32_t moving = w.order[k];
        const double s = s_of(w, moving);
        int to = k;
        while (to > 0) {
            const std::int32_t other = w.order[to - 1];
            const double ahead = s_of(w, other);
            if (ahead < s || (ahead == s && before_in_rank(w, other, moving))) break;
            w.order[to--] = other;
        }
        w.order[to] = moving;
    }
}

struct Neighbours {
    int front, rear;  // vehicles, kNobody if there is none
};

// The nearest vehicles of a lane at or before `who` and behind it, among those that the lane list
// holds. At the same place the last in rank counts as the front, the first as the rear.
inline Neighbours neighbours(const World& w, const Scratch& scratch, int lane, int who) {
    const std::int32_t* list = scratch.lists + static_cast<std::ptrdiff_t>(lane) * w.stride;
    const int count = scratch.counts[lane];
    const double s = s_of(w, who);
    int low = 0;
    int high = count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (s_of(w, list[middle]) < s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Neighbours found{kNobody, kNobody};
    for (int k = low; k < count; ++k) {
        const int other = list[k];
        if (other == who) continue;
        if (found.front != kNobody && s_of(w, other) > s_of(w, found.front)) break;
        found.front = other;
    }
    for (int k = low; k-- > 0;) {
        const int other = list[k];
        if (found.rear != kNobody && s_of(w, other) < s_of(w, found.rear)) break;
        found.rear = other;
    }
    return found;
}

// Lists each lane's vehicles by s, and finds everybody's front vehicle.
RACER_STAGE void list_lanes(const World& w, Scratch& scratch) {
    const int lanes = w.config->lanes_count;
    for (int lane = 0; lane < lanes; ++lane) scratch.counts[lane] = 0;
    bool ties = false;
    double last_s = -1e300;
    for (int k = 0; k < w.count; ++k) {
        const int i = w.order[k];
        const double s = s_of(w, i);
        scratch.place[i] = k;
        scratch.front[i] = kNobody;
        ties |= s == last_s;
        last_s = s;
        if (!within_length(w, i)) continue;
        // Lanes overlap by the margin: at most two hold a vehicle.
        const int first = first_lane_near(w, i);
        for (int lane = first; lane < lanes && lane < first + 3; ++lane) {
            if (!within_width(w, i, lane, kLaneMargin)) continue;
            std::int32_t* list = scratch.lists + static_cast<std::ptrdiff_t>(lane) * w.stride;
            const int place = scratch.counts[lane]++;
            if (place > 0 && w.lane[list[place - 1]] == lane) scratch.front[list[place - 1]] = i;
            list[place] = i;
        }
    }
    for (int i = 0; i < w.count; ++i) {
        // Vehicles beside the road are on no list of their own; equals at one place need care.
        const bool listed = on_lane(w, i, w.lane[i], kLaneMargin);
        if (ties || !listed) scratch.front[i] = neighbours(w, scratch, w.lane[i], i).front;
    }
}

}  // namespace racer::RACER_ISA::traffic
