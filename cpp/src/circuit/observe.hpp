// Writes one car's observation row, in the layout of observation.hpp.
#pragma once

#include "circuit/action.hpp"
#include "circuit/car_access.hpp"
#include "circuit/rays.hpp"
#include "core/lane_memory.hpp"
#include "racer/observation.hpp"
#include "racer/step_context.hpp"

namespace racer::RACER_ISA {

// The road ahead in the car's frame. All points share the car's place between two stations.
RACER_INLINE void observe_road(const Track& track, std::int32_t station, double s, double x,
                               double y, double cos_yaw, double sin_yaw, float* row) {
    constexpr int kWidth = kLanes < 4 ? 4 : 8;
    using Floats = Lanes<float, kWidth>;
    static_assert(kRoadPoints % kWidth == 0 && sizeof(RoadPoint) == 8 * sizeof(float));
    const RoadPoint* road = track.road.data() + station;
    const Floats t(static_cast<float>(s / track.spacing - static_cast<double>(station)));
    alignas(64) static constexpr auto kPerMetre = [] {
        std::array<float, kRoadPoints> values{};
        for (std::size_t j = 0; j < kRoadPoints; ++j) {
            values[j] = 1.0F / static_cast<float>(kRoadAheadMetres[j]);
        }
        return values;
    }();
    const Floats car_x(static_cast<float>(x - track.origin.x));
    const Floats car_y(static_cast<float>(y - track.origin.y));
    const Floats c(static_cast<float>(cos_yaw));
    const Floats sn(static_cast<float>(sin_yaw));
    for (int j = 0; j < kRoadPoints; j += kWidth) {
        // Records between each point and its successor, kWidth of them, turned into columns.
        Floats columns[8];
        for (int first = 0; first < 8; first += kWidth) {
            Floats square[kWidth];
            for (int i = 0; i < kWidth; ++i) {
                const float* record =
                    &road[kRoadAheadMetres[static_cast<std::size_t>(j + i)]].x + first;
                const Floats behind = Floats::load(record);
                square[i] = behind + t * (Floats::load(record + 8) - behind);
            }
            transpose(square);
            for (int i = 0; i < kWidth; ++i) columns[first + i] = square[i];
        }
        const auto put = [row, j](int offset, const ObservationField& field, Floats value) {
            clamp(value * Floats(static_cast<float>(field.scale)),
                  Floats(static_cast<float>(field.low)), Floats(static_cast<float>(field.high)))
                .store(row + offset + j);
        };
#define RACER_OBSERVE(name, value) put(observation_offset(name), observation_field(name), value)
        const Floats dx = columns[offsetof(RoadPoint, x) / sizeof(float)] - car_x;
        const Floats dy = columns[offsetof(RoadPoint, y) / sizeof(float)] - car_y;
        const Floats per_metre = Floats::load(kPerMetre.data() + j);
        RACER_OBSERVE("road_x", (dx * c + dy * sn) * per_metre);
        RACER_OBSERVE("road_y", (dy * c - dx * sn) * per_metre);
        RACER_OBSERVE("road_curvature", columns[offsetof(RoadPoint, curvature) / sizeof(float)]);
        RACER_OBSERVE("road_width_left", columns[offsetof(RoadPoint, width_left) / sizeof(float)]);
        RACER_OBSERVE("road_width_right",
                      columns[offsetof(RoadPoint, width_right) / sizeof(float)]);
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

// Rows of `count` cars from `car` on, at most kCarBlock, of which R takes as many at a time.
template <class R>
RACER_INLINE void observe_block(const StepContext& context, int car, int count) {
    observe_rays(context, car, count);
    alignas(64) float motion[kMotionFields * kCarBlock];
    for (int i = 0; i < count; i += LaneCount<R>::value) {
        observe_motion<R>(context, car + i, motion + i);
    }
    const bool lidar = context.observation == ObservationKind::kLidar;
    const int fields = lidar ? kLidarMotionFields : kMotionFields;
    for (int i = 0; i < count; ++i) {
        float* row = observation_row(context, car + i) + kMotionOffset;
        for (int field = 0; field < fields; ++field) row[field] = motion[field * kCarBlock + i];
    }
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
