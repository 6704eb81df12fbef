// Writes one car's observation row, in the layout of observation.hpp.
#pragma once

#include <algorithm>

#include "circuit/action.hpp"
#include "circuit/car_access.hpp"
#include "circuit/rays.hpp"
#include "core/lane_memory.hpp"
#include "racer/observation.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

// Records of the road ahead at `count` distances, interpolated to the car's place between two
// stations, eight columns at a time.
constexpr int kRoadWidth = kLanes < 4 ? 4 : 8;
using RoadFloats = Lanes<float, kRoadWidth>;
struct RoadColumns {
    RoadFloats x, y, curvature, width_left, width_right, tangent_x, tangent_y;
};
template <std::size_t N>
RACER_INLINE RoadColumns road_columns(const RoadPoint* road, const std::array<int, N>& metres,
                                      int first_point, RoadFloats t) {
    static_assert(N % kRoadWidth == 0 && sizeof(RoadPoint) == 8 * sizeof(float));
    RoadFloats columns[8];
    for (int first = 0; first < 8; first += kRoadWidth) {
        RoadFloats square[kRoadWidth];
        for (int i = 0; i < kRoadWidth; ++i) {
            const float* record =
                &road[metres[static_cast<std::size_t>(first_point + i)]].x + first;
            const RoadFloats behind = RoadFloats::load(record);
            square[i] = behind + t * (RoadFloats::load(record + 8) - behind);
        }
        transpose(square);
        for (int i = 0; i < kRoadWidth; ++i) columns[first + i] = square[i];
    }
    constexpr auto kColumn = [](std::size_t offset) { return offset / sizeof(float); };
    return {columns[kColumn(offsetof(RoadPoint, x))],
            columns[kColumn(offsetof(RoadPoint, y))],
            columns[kColumn(offsetof(RoadPoint, curvature))],
            columns[kColumn(offsetof(RoadPoint, width_left))],
            columns[kColumn(offsetof(RoadPoint, width_right))],
            columns[kColumn(offsetof(RoadPoint, tangent_x))],
            columns[kColumn(offsetof(RoadPoint, tangent_y))]};
}
template <std::size_t N>
consteval std::array<float, N> reciprocals(const std::array<int, N>& metres) {
    std::array<float, N> values{};
    for (std::size_t j = 0; j < N; ++j) values[j] = 1.0F / static_cast<float>(metres[j]);
    return values;
}
RACER_INLINE void put_road(float* at, const ObservationField& field, RoadFloats value) {
    clamp(value * RoadFloats(static_cast<float>(field.scale)),
          RoadFloats(static_cast<float>(field.low)), RoadFloats(static_cast<float>(field.high)))
        .store(at);
}

// Points of the road ahead in the frame of a car. All share its place between two stations.
struct CarFrame {
    RoadFloats x, y, cos_yaw, sin_yaw;
    [[nodiscard]] RACER_INLINE RoadFloats front(RoadFloats dx, RoadFloats dy) const {
        return dx * cos_yaw + dy * sin_yaw;
    }
    [[nodiscard]] RACER_INLINE RoadFloats left(RoadFloats dx, RoadFloats dy) const {
        return dy * cos_yaw - dx * sin_yaw;
    }
};
// Calls put(j, at, dx, dy, frame, per_metre) for points from the j-th on, a register of them: their
// records, where they lie from the car along the axes of the track, and 1 / their distance.
template <const auto& kMetres, class Put>
RACER_INLINE void for_road_ahead(const StepContext& context, int car, Put put) {
    alignas(64) static constexpr auto kPerMetre = reciprocals(kMetres);
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    const std::int32_t station = c.station[car];
    const RoadPoint* road = track.road.data() + station;
    const RoadFloats t(static_cast<float>(c.s[car] / track.spacing - static_cast<double>(station)));
    const CarFrame frame{RoadFloats(static_cast<float>(c.x[car] - track.origin.x)),
                         RoadFloats(static_cast<float>(c.y[car] - track.origin.y)),
                         RoadFloats(static_cast<float>(c.cos_yaw[car])),
                         RoadFloats(static_cast<float>(c.sin_yaw[car]))};
    for (int j = 0; j < static_cast<int>(kMetres.size()); j += kRoadWidth) {
        const RoadColumns at = road_columns(road, kMetres, j, t);
        put(j, at, at.x - frame.x, at.y - frame.y, frame, RoadFloats::load(kPerMetre.data() + j));
    }
}

RACER_INLINE float* observation_row(const StepContext& context, int car) {
    return context.observations + static_cast<std::ptrdiff_t>(car) * context.observation_size;
}

#define RACER_OBSERVE(name, value) \
    put_road(row + observation_offset(name, kKind) + j, observation_field(name, kKind), value)
// The centre line and the widths of the road ahead.
RACER_INLINE void observe_road(const StepContext& context, int car) {
    constexpr auto kKind = ObservationKind::kTrack;
    float* row = observation_row(context, car);
    for_road_ahead<kRoadAheadMetres>(
        context, car,
        [row](int j, const RoadColumns& at, RoadFloats dx, RoadFloats dy, const CarFrame& frame,
              RoadFloats per_metre) {
            RACER_OBSERVE("road_x", frame.front(dx, dy) * per_metre);
            RACER_OBSERVE("road_y", frame.left(dx, dy) * per_metre);
            RACER_OBSERVE("road_curvature", at.curvature);
            RACER_OBSERVE("road_width_left", at.width_left);
            RACER_OBSERVE("road_width_right", at.width_right);
        });
}
// Both edges of the road ahead, and how it bends.
RACER_INLINE void observe_edges(const StepContext& context, int car) {
    constexpr auto kKind = ObservationKind::kRoad;
    float* row = observation_row(context, car);
    for_road_ahead<kEdgeAheadMetres>(
        context, car,
        [row](int j, const RoadColumns& at, RoadFloats dx, RoadFloats dy, const CarFrame& frame,
              RoadFloats per_metre) {
            const RoadFloats left_x = dx - at.tangent_y * at.width_left;
            const RoadFloats left_y = dy + at.tangent_x * at.width_left;
            const RoadFloats right_x = dx + at.tangent_y * at.width_right;
            const RoadFloats right_y = dy - at.tangent_x * at.width_right;
            RACER_OBSERVE("road_left_x", frame.front(left_x, left_y) * per_metre);
            RACER_OBSERVE("road_left_y", frame.left(left_x, left_y) * per_metre);
            RACER_OBSERVE("road_right_x", frame.front(right_x, right_y) * per_metre);
            RACER_OBSERVE("road_right_y", frame.left(right_x, right_y) * per_metre);
            constexpr auto kBend = static_cast<float>(1.0 / kBendRadius);
            RACER_OBSERVE("road_bend", at.curvature / (abs(at.curvature) + RoadFloats(kBend)));
        });
}
#undef RACER_OBSERVE

// The numbers that say how the car moves and stands. They follow each other in a row, from "speed"
// to "wheels_off", or in a `road` observation to "edge_right".
inline constexpr int kMotionOffset = observation_offset("speed");
inline constexpr int kMotionFields = observation_offset("road_x") - kMotionOffset;
inline constexpr int kLidarMotionFields = kLidarSize - kMotionOffset;
inline constexpr int kRoadMotionFields = observation_offset("road_left_x", ObservationKind::kRoad);
static_assert(observation_offset("speed", ObservationKind::kRoad) == 0);

// Distances of a register of cars to the edges beside them.
template <class R, class Width>
RACER_INLINE R width_beside(const StepContext& context, int car, Width width) {
    const CarArrays& c = context.cars;
    return gather<R>([&](int j) {
        const Track& track = *context.tracks[car + j];
        const int station = c.station[car + j];
        const double t = c.s[car + j] / track.spacing - static_cast<double>(station);
        const Station* at = track.stations.data() + station;
        return width(at[0]) + t * (width(at[1]) - width(at[0]));
    });
}

// The layout of a kind, for code that is a template of it.
template <ObservationKind kKind>
struct LayoutOf {
    static consteval int offset(std::string_view name) { return observation_offset(name, kKind); }
    static consteval ObservationField field(std::string_view name) {
        return observation_field(name, kKind);
    }
};

// Those numbers of a register of cars, field by field with kCarBlock each: kKind is kRoad, or
// kTrack, of which a `lidar` observation has the first ones.
template <class R, ObservationKind kKind>
RACER_STAGE void observe_motion(const StepContext& context, int car, float* fields) {
    using Layout = LayoutOf<kKind>;
    constexpr int kFirst = Layout::offset("speed");
    const CarArrays& c = context.cars;
    const auto put_at = [fields](int offset, const ObservationField& field, R value) {
        store_floats(fields + static_cast<std::ptrdiff_t>(offset - kFirst) * kCarBlock,
                     clamp(value * R(field.scale), R(field.low), R(field.high)));
    };
#define RACER_OBSERVE(name, value) put_at(Layout::offset(name), Layout::field(name), value)
    const R v_x = load<R>(c.v_x + car);
    const R v_y = load<R>(c.v_y + car);
    const R n = load<R>(c.n + car);
    RACER_OBSERVE("speed", sqrt(v_x * v_x + v_y * v_y));
    RACER_OBSERVE("yaw_rate", load<R>(c.yaw_rate + car));
    RACER_OBSERVE("steer", load<R>(c.steer + car));
    if constexpr (kKind == ObservationKind::kTrack) {
        const R length = gather<R>([&](int j) { return context.tracks[car + j]->length; });
        RACER_OBSERVE("progress", load<R>(c.s + car) / length);
        RACER_OBSERVE("lateral_offset", n);
        if (context.observation == ObservationKind::kLidar) return;
    }
    RACER_OBSERVE("v_y", v_y);
    RACER_OBSERVE("cos_heading", load<R>(c.cos_heading + car));
    RACER_OBSERVE("sin_heading", load<R>(c.sin_heading + car));
    RACER_OBSERVE("a_x", load<R>(c.a_x + car));
    constexpr int kPrevious = Layout::offset("previous_action");
    constexpr ObservationField kInput = Layout::field("previous_action");
    put_at(kPrevious, kInput, widen<R>(c.input_steer + car) / R(kInputScale));
    put_at(kPrevious + 1, kInput, widen<R>(c.input_throttle + car) / R(kInputScale));
    put_at(kPrevious + 2, kInput, widen<R>(c.input_brake + car) / R(kInputScale));
    RACER_OBSERVE("wheels_off", load<R>(c.wheels_off + car));
    if constexpr (kKind == ObservationKind::kRoad) {
        const auto left = [](const Station& at) { return at.width_left; };
        const auto right = [](const Station& at) { return at.width_right; };
        RACER_OBSERVE("edge_left", width_beside<R>(context, car, left) - n);
        RACER_OBSERVE("edge_right", width_beside<R>(context, car, right) + n);
    }
#undef RACER_OBSERVE
}

// Rays of `count` cars from `car` on.
RACER_STAGE void observe_rays(const StepContext& context, int car, int count) {
    constexpr auto kScale = static_cast<float>(observation_field("rays").scale);
    static_assert(kRayRange * kScale == 1.0F);
    const CarArrays& c = context.cars;
    const auto spread = [&](int at, RayFan<float>& fan) {
        spread_rays(*context.tracks[at], c.x[at], c.y[at], c.cos_yaw[at], c.sin_yaw[at],
                    c.station[at], fan);
    };
    RayFan<float> fans[2];
    spread(car, fans[0]);
    for (int i = 0; i < count; ++i) {
        if (i + 1 < count) spread(car + i + 1, fans[(i + 1) % 2]);
        measure_rays(fans[i % 2], observation_row(context, car + i) + observation_offset("rays"),
                     kScale);
    }
}

// The road ahead of `count` cars from `car` on.
RACER_STAGE void observe_roads(const StepContext& context, int car, int count) {
    for (int at = car; at < car + count; ++at) observe_road(context, at);
}
RACER_STAGE void observe_all_edges(const StepContext& context, int car, int count) {
    for (int at = car; at < car + count; ++at) observe_edges(context, at);
}

// Turns `fields` columns of numbers into the rows of `count` cars.
RACER_INLINE void put_motion(const StepContext& context, int car, int count, const float* motion,
                             int fields, int offset) {
    for (int i = 0; i < count; ++i) {
        float* row = observation_row(context, car + i) + offset;
        for (int field = 0; field < fields; ++field) row[field] = motion[field * kCarBlock + i];
    }
}

// Rows of `count` cars from `car` on, at most kCarBlock, of which R takes as many at a time.
template <class R>
RACER_INLINE void observe_block(const StepContext& context, int car, int count) {
    alignas(64) float motion[std::max(kMotionFields, kRoadMotionFields) * kCarBlock];
    if (context.observation == ObservationKind::kRoad) {
        for (int i = 0; i < count; i += LaneCount<R>::value) {
            observe_motion<R, ObservationKind::kRoad>(context, car + i, motion + i);
        }
        put_motion(context, car, count, motion, kRoadMotionFields, 0);
        observe_all_edges(context, car, count);
        return;
    }
    observe_rays(context, car, count);
    for (int i = 0; i < count; i += LaneCount<R>::value) {
        observe_motion<R, ObservationKind::kTrack>(context, car + i, motion + i);
    }
    const bool lidar = context.observation == ObservationKind::kLidar;
    put_motion(context, car, count, motion, lidar ? kLidarMotionFields : kMotionFields,
               kMotionOffset);
    if (!lidar) observe_roads(context, car, count);
}

// Rows of the cars [first, last): whole registers where a block is full or ends with padding.
RACER_INLINE void observe_cars(const StepContext& context, int first, int last) {
    const int cars = context.worlds * context.cars_per_world;
    for (int car = first; car < last; car += kCarBlock) {
        const int count = car + kCarBlock < last ? kCarBlock : last - car;
        if (car % kCarBlock == 0 && (count == kCarBlock || last == cars)) {
            observe_block<Real>(context, car, count);
        } else {
            observe_block<double>(context, car, count);
        }
    }
}

}  // namespace racer::RACER_ISA
