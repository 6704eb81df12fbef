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

// The road ahead in the car's frame. All points share the car's place between two stations.
RACER_INLINE void observe_road(const Track& track, std::int32_t station, double s, double x,
                               double y, double cos_yaw, double sin_yaw, float* row) {
    const RoadPoint* road = track.road.data() + station;
    const RoadFloats t(static_cast<float>(s / track.spacing - static_cast<double>(station)));
    alignas(64) static constexpr auto kPerMetre = reciprocals(kRoadAheadMetres);
    const RoadFloats car_x(static_cast<float>(x - track.origin.x));
    const RoadFloats car_y(static_cast<float>(y - track.origin.y));
    const RoadFloats c(static_cast<float>(cos_yaw));
    const RoadFloats sn(static_cast<float>(sin_yaw));
    for (int j = 0; j < kRoadPoints; j += kRoadWidth) {
        const RoadColumns at = road_columns(road, kRoadAheadMetres, j, t);
#define RACER_OBSERVE(name, value) \
    put_road(row + observation_offset(name) + j, observation_field(name), value)
        const RoadFloats dx = at.x - car_x;
        const RoadFloats dy = at.y - car_y;
        const RoadFloats per_metre = RoadFloats::load(kPerMetre.data() + j);
        RACER_OBSERVE("road_x", (dx * c + dy * sn) * per_metre);
        RACER_OBSERVE("road_y", (dy * c - dx * sn) * per_metre);
        RACER_OBSERVE("road_curvature", at.curvature);
        RACER_OBSERVE("road_width_left", at.width_left);
        RACER_OBSERVE("road_width_right", at.width_right);
#undef RACER_OBSERVE
    }
}

// Both edges of the road ahead in the car's frame, and how it bends.
RACER_INLINE void observe_edges(const Track& track, std::int32_t station, double s, double x,
                                double y, double cos_yaw, double sin_yaw, float* row) {
    const RoadPoint* road = track.road.data() + station;
    const RoadFloats t(static_cast<float>(s / track.spacing - static_cast<double>(station)));
    alignas(64) static constexpr auto kPerMetre = reciprocals(kEdgeAheadMetres);
    const RoadFloats car_x(static_cast<float>(x - track.origin.x));
    const RoadFloats car_y(static_cast<float>(y - track.origin.y));
    const RoadFloats c(static_cast<float>(cos_yaw));
    const RoadFloats sn(static_cast<float>(sin_yaw));
    for (int j = 0; j < kEdgePoints; j += kRoadWidth) {
        const RoadColumns at = road_columns(road, kEdgeAheadMetres, j, t);
#define RACER_OBSERVE(name, value)                                       \
    put_road(row + observation_offset(name, ObservationKind::kRoad) + j, \
             observation_field(name, ObservationKind::kRoad), value)
        const RoadFloats per_metre = RoadFloats::load(kPerMetre.data() + j);
        const RoadFloats dx = at.x - car_x;
        const RoadFloats dy = at.y - car_y;
        const RoadFloats left_x = dx - at.tangent_y * at.width_left;
        const RoadFloats left_y = dy + at.tangent_x * at.width_left;
        const RoadFloats right_x = dx + at.tangent_y * at.width_right;
        const RoadFloats right_y = dy - at.tangent_x * at.width_right;
        RACER_OBSERVE("road_left_x", (left_x * c + left_y * sn) * per_metre);
        RACER_OBSERVE("road_left_y", (left_y * c - left_x * sn) * per_metre);
        RACER_OBSERVE("road_right_x", (right_x * c + right_y * sn) * per_metre);
        RACER_OBSERVE("road_right_y", (right_y * c - right_x * sn) * per_metre);
        constexpr auto kBend = static_cast<float>(1.0 / kBendRadius);
        RACER_OBSERVE("road_bend", at.curvature / (abs(at.curvature) + RoadFloats(kBend)));
#undef RACER_OBSERVE
    }
}

// The numbers that say how the car moves and stands: the fields from "speed" to "wheels_off", which
// follow each other in a row.
inline constexpr int kMotionOffset = observation_offset("speed");
inline constexpr int kMotionFields = observation_offset("road_x") - kMotionOffset;
inline constexpr int kLidarMotionFields = kLidarSize - kMotionOffset;

// Those of a register of cars, field by field with kCarBlock numbers each.
template <class R>
RACER_STAGE void observe_motion(const StepContext& context, int car, float* fields) {
    const CarArrays& c = context.cars;
    const auto put_at = [fields](int offset, const ObservationField& field, R value) {
        store_floats(fields + static_cast<std::ptrdiff_t>(offset - kMotionOffset) * kCarBlock,
                     clamp(value * R(field.scale), R(field.low), R(field.high)));
    };
#define RACER_OBSERVE(name, value) put_at(observation_offset(name), observation_field(name), value)
    const R v_x = load<R>(c.v_x + car);
    const R v_y = load<R>(c.v_y + car);
    const R length = gather<R>([&](int j) { return context.tracks[car + j]->length; });
    RACER_OBSERVE("speed", sqrt(v_x * v_x + v_y * v_y));
    RACER_OBSERVE("yaw_rate", load<R>(c.yaw_rate + car));
    RACER_OBSERVE("steer", load<R>(c.steer + car));
    RACER_OBSERVE("progress", load<R>(c.s + car) / length);
    RACER_OBSERVE("lateral_offset", load<R>(c.n + car));
    if (context.observation == ObservationKind::kLidar) return;
    RACER_OBSERVE("v_y", v_y);
    RACER_OBSERVE("cos_heading", load<R>(c.cos_heading + car));
    RACER_OBSERVE("sin_heading", load<R>(c.sin_heading + car));
    RACER_OBSERVE("a_x", load<R>(c.a_x + car));
    constexpr int kPrevious = observation_offset("previous_action");
    constexpr ObservationField kInput = observation_field("previous_action");
    put_at(kPrevious, kInput, widen<R>(c.input_steer + car) / R(kInputScale));
    put_at(kPrevious + 1, kInput, widen<R>(c.input_throttle + car) / R(kInputScale));
    put_at(kPrevious + 2, kInput, widen<R>(c.input_brake + car) / R(kInputScale));
    RACER_OBSERVE("wheels_off", load<R>(c.wheels_off + car));
#undef RACER_OBSERVE
}

// The same for a `road` observation: its fields from "speed" to "edge_right".
inline constexpr int kRoadMotionFields = observation_offset("road_left_x", ObservationKind::kRoad);
template <class R>
RACER_STAGE void observe_road_motion(const StepContext& context, int car, float* fields) {
    const CarArrays& c = context.cars;
    const auto put_at = [fields](int offset, const ObservationField& field, R value) {
        store_floats(fields + static_cast<std::ptrdiff_t>(offset) * kCarBlock,
                     clamp(value * R(field.scale), R(field.low), R(field.high)));
    };
#define RACER_OBSERVE(name, value)                           \
    put_at(observation_offset(name, ObservationKind::kRoad), \
           observation_field(name, ObservationKind::kRoad), value)
    const R v_x = load<R>(c.v_x + car);
    const R v_y = load<R>(c.v_y + car);
    RACER_OBSERVE("speed", sqrt(v_x * v_x + v_y * v_y));
    RACER_OBSERVE("yaw_rate", load<R>(c.yaw_rate + car));
    RACER_OBSERVE("steer", load<R>(c.steer + car));
    RACER_OBSERVE("v_y", v_y);
    RACER_OBSERVE("cos_heading", load<R>(c.cos_heading + car));
    RACER_OBSERVE("sin_heading", load<R>(c.sin_heading + car));
    RACER_OBSERVE("a_x", load<R>(c.a_x + car));
    constexpr int kPrevious = observation_offset("previous_action", ObservationKind::kRoad);
    constexpr ObservationField kInput =
        observation_field("previous_action", ObservationKind::kRoad);
    put_at(kPrevious, kInput, widen<R>(c.input_steer + car) / R(kInputScale));
    put_at(kPrevious + 1, kInput, widen<R>(c.input_throttle + car) / R(kInputScale));
    put_at(kPrevious + 2, kInput, widen<R>(c.input_brake + car) / R(kInputScale));
    RACER_OBSERVE("wheels_off", load<R>(c.wheels_off + car));
    const auto between = [&](auto width) {
        return gather<R>([&](int j) {
            const Track& track = *context.tracks[car + j];
            const int station = c.station[car + j];
            const double t = c.s[car + j] / track.spacing - static_cast<double>(station);
            const Station* at = track.stations.data() + station;
            return width(at[0]) + t * (width(at[1]) - width(at[0]));
        });
    };
    const R n = load<R>(c.n + car);
    RACER_OBSERVE("edge_left", between([](const Station& at) { return at.width_left; }) - n);
    RACER_OBSERVE("edge_right", between([](const Station& at) { return at.width_right; }) + n);
#undef RACER_OBSERVE
}

RACER_INLINE float* observation_row(const StepContext& context, int car) {
    return context.observations + static_cast<std::ptrdiff_t>(car) * context.observation_size;
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
    const CarArrays& c = context.cars;
    for (int at = car; at < car + count; ++at) {
        observe_road(*context.tracks[at], c.station[at], c.s[at], c.x[at], c.y[at], c.cos_yaw[at],
                     c.sin_yaw[at], observation_row(context, at));
    }
}
RACER_STAGE void observe_all_edges(const StepContext& context, int car, int count) {
    const CarArrays& c = context.cars;
    for (int at = car; at < car + count; ++at) {
        observe_edges(*context.tracks[at], c.station[at], c.s[at], c.x[at], c.y[at], c.cos_yaw[at],
                      c.sin_yaw[at], observation_row(context, at));
    }
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
            observe_road_motion<R>(context, car + i, motion + i);
        }
        put_motion(context, car, count, motion, kRoadMotionFields, 0);
        observe_all_edges(context, car, count);
        return;
    }
    observe_rays(context, car, count);
    for (int i = 0; i < count; i += LaneCount<R>::value) {
        observe_motion<R>(context, car + i, motion + i);
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
