// One world of a batch while it is stepped: its rows, and who in it is controlled.
#pragma once

#include "core/lane_memory.hpp"
#include "racer/highway/dimensions.hpp"
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
    int count = 0;   // vehicles
    int stride = 0;  // count padded
    Controlled controlled;
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
    w.controlled = context.controlled;
    return w;
}

// Vehicles have an order of rank, which decides where HighwayEnv's list of vehicles does:
// controlled ones first, then the traffic, each by index. So nothing depends on which indices are
// controlled.
RACER_INLINE bool is_controlled(const World& w, int i) {
    return racer::is_controlled(w.controlled, i);
}
RACER_INLINE int rank_of(const World& w, int i) {
    if (is_controlled(w, i)) return i - w.controlled.first;
    return i < w.controlled.first ? i + w.controlled.count : i;
}
// A call of its own: it decides ties alone, and inlined it would be computed for every vehicle.
RACER_STAGE bool before_in_rank(const World& w, int i, int j) {
    return rank_of(w, i) < rank_of(w, j);
}
RACER_INLINE int vehicle_of_rank(const World& w, int rank) {
    if (rank < w.controlled.count) return rank + w.controlled.first;
    return rank < w.controlled.first + w.controlled.count ? rank - w.controlled.count : rank;
}

// Indices [begin, end).
struct Indices {
    int begin, end;
};
struct Traffic {
    Indices parts[3];
};

// Whether an ego vehicle follows the rules of the traffic, too.
RACER_INLINE bool egos_are_traffic(const World& w) {
    return w.config->action == highway::ActionKind::kTraffic;
}

// Who follows the rules of the traffic, in order of rank.
RACER_INLINE Traffic traffic_of(const World& w) {
    const int first = w.controlled.first;
    const int last = first + w.controlled.count;
    return {{{first, egos_are_traffic(w) ? last : first}, {0, first}, {last, w.count}}};
}

// x, kept at least 0.01 away from 0 on its side of it.
template <class R>
RACER_INLINE R not_zero(R x) {
    return select(abs(x) > R(0.01), x, select(x >= R(0.0), R(0.01), R(-0.01)));
}

}  // namespace racer::RACER_ISA::traffic
