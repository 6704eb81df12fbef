// One world of a batch while it is stepped: its rows, its order along the road, its lane lists.
#pragma once

#include "core/lane_memory.hpp"
#include "racer/highway/road.hpp"
#include "racer/highway/step_context.hpp"
#include "traffic/precise.hpp"
#include "traffic/scratch.hpp"

namespace racer::RACER_ISA::traffic {

using highway::Config;
using highway::Scratch;
using highway::StepContext;
using highway::VehicleArrays;
using highway::WorldRecord;

inline constexpr int kNobody = -1;

// Views of one world's rows.
struct World : VehicleArrays {
    const Config* config = nullptr;
    WorldRecord* record = nullptr;
    int count = 0;   // vehicles, the ego first
    int stride = 0;  // count padded
};

RACER_INLINE World view_world(const StepContext& context, int index) {
    World w;
    const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(index) * context.stride;
#define RACER_FIELD(type, name, unit, meaning) w.name = context.vehicles.name + row;
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    w.cosine = context.vehicles.cosine + row;
    w.sine = context.vehicles.sine + row;
    w.limit_low = context.vehicles.limit_low + row;
    w.limit_high = context.vehicles.limit_high + row;
    w.order = context.vehicles.order + row;
    w.config = context.config;
    w.record = context.worlds + index;
    w.count = context.vehicles_per_world;
    w.stride = context.stride;
    return w;
}

// x, kept at least 0.01 away from 0 on its side of it.
template <class R>
RACER_INLINE R not_zero(R x) {
    return select(abs(x) > R(0.01), x, select(x >= R(0.0), R(0.01), R(-0.01)));
}

RACER_INLINE double velocity_x(const World& w, int i) { return w.speed[i] * w.cosine[i]; }
RACER_INLINE double velocity_y(const World& w, int i) { return w.speed[i] * w.sine[i]; }

// Restores the order by x, then by index: nearly sorted from frame to frame.
inline void sort_by_x(const World& w) {
    for (int k = 1; k < w.count; ++k) {
        const std::int32_t moving = w.order[k];
        const double x = w.x[moving];
        int to = k;
        while (to > 0) {
            const std::int32_t other = w.order[to - 1];
            if (w.x[other] < x || (w.x[other] == x && other < moving)) break;
            w.order[to--] = other;
        }
        w.order[to] = moving;
    }
}

// Computes what follows from the state: directions and lanes' neighbours need them.
inline void compute_directions(const World& w) {
    for (int i = 0; i < w.stride; i += kLanes) {
        const auto direction = precise::sincos(load<Real>(w.heading + i));
        store(w.cosine + i, direction.cosine);
        store(w.sine + i, direction.sine);
    }
}

// The lane of least distance, across, along and in heading; the first of equals.
inline void locate(const World& w, Scratch& scratch) {
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
            const Real across = abs(y - Real(highway::lane_centre(lane)));
            const Real distance = ((across + after) + before) + turned;
            const auto nearer = distance < least;
            best = select(nearer, Real(static_cast<double>(lane)), best);
            least = select(nearer, distance, least);
        }
        store(scratch.closest + i, best);
    }
    for (int i = 0; i < w.count; ++i) w.lane[i] = static_cast<std::int32_t>(scratch.closest[i]);
}

struct Neighbours {
    int front, rear;  // vehicles, kNobody if there is none
};

// The nearest vehicles of a lane at or before `who` and behind it, among those that the lane list
// holds. At the same place the last in index counts as the front, the first as the rear.
inline Neighbours neighbours(const World& w, const Scratch& scratch, int lane, int who) {
    const std::int32_t* list = scratch.lists + static_cast<std::ptrdiff_t>(lane) * w.stride;
    const int count = scratch.counts[lane];
    const double x = w.x[who];
    int low = 0;
    int high = count;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (w.x[list[middle]] < x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Neighbours found{kNobody, kNobody};
    for (int k = low; k < count; ++k) {
        const int other = list[k];
        if (other == who) continue;
        if (found.front != kNobody && w.x[other] > w.x[found.front]) break;
        found.front = other;
    }
    for (int k = low; k-- > 0;) {
        const int other = list[k];
        if (found.rear != kNobody && w.x[other] < w.x[found.rear]) break;
        found.rear = other;
    }
    return found;
}

// Lists each lane's vehicles (within 3 m of its middle) by x, and finds everybody's front vehicle.
inline void list_lanes(const World& w, Scratch& scratch) {
    const int lanes = w.config->lanes_count;
    for (int lane = 0; lane < lanes; ++lane) scratch.counts[lane] = 0;
    bool ties = false;
    double last_x = -1e300;
    for (int k = 0; k < w.count; ++k) {
        const int i = w.order[k];
        const double x = w.x[i];
        const double y = w.y[i];
        scratch.rank[i] = k;
        scratch.front[i] = kNobody;
        ties |= x == last_x;
        last_x = x;
        if (!highway::within_length(x)) continue;
        // Lanes overlap by the margin: at most two hold a vehicle.
        const int first = y > 1.0 ? static_cast<int>((y < 1e6 ? y : 1e6) * 0.25 - 0.75) : 0;
        for (int lane = first; lane < lanes && lane < first + 3; ++lane) {
            if (!highway::on_lane(x, y - highway::lane_centre(lane), 1.0)) continue;
            std::int32_t* list = scratch.lists + static_cast<std::ptrdiff_t>(lane) * w.stride;
            const int place = scratch.counts[lane]++;
            if (place > 0 && w.lane[list[place - 1]] == lane) scratch.front[list[place - 1]] = i;
            list[place] = i;
        }
    }
    for (int i = 0; i < w.count; ++i) {
        // Vehicles beside the road are on no list of their own; equals at one place need care.
        const bool listed = highway::on_lane(w.x[i], w.y[i] - highway::lane_centre(w.lane[i]), 1.0);
        if (ties || !listed) scratch.front[i] = neighbours(w, scratch, w.lane[i], i).front;
    }
}

}  // namespace racer::RACER_ISA::traffic
