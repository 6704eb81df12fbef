// Writes one car's observation row, in the layout of observation.hpp.
#pragma once

#include "racer/action.hpp"
#include "racer/kernels.hpp"
#include "racer/lanes.hpp"
#include "racer/observation.hpp"
#include "racer/rays.hpp"

namespace racer::RACER_ISA {

// Writes `value` in the scale and bounds of the field called `name`.
#define RACER_OBSERVE(row, name, value)                                                 \
    do {                                                                                \
        constexpr ObservationField kField = observation_field(name);                    \
        (row)[observation_offset(name)] =                                               \
            static_cast<float>(clamp((value) * kField.scale, kField.low, kField.high)); \
    } while (false)

// The road ahead in the car's frame. All points share the car's place between two stations.
RACER_INLINE void observe_road(const Track& track, std::int32_t station, double s, double x,
                               double y, double cos_yaw, double sin_yaw, float* row) {
    using Floats = Lanes<float, 2 * kLanes>;
    constexpr int kWidth = 2 * kLanes;
    static_assert(kRoadPoints % kWidth == 0);
    const RoadPoint* road = track.road.data() + station;
    const auto t = static_cast<float>(s / track.spacing - static_cast<double>(station));
    // A transposing read of the points, each interpolated to its successor.
    alignas(64) float px[kRoadPoints], py[kRoadPoints], pk[kRoadPoints], pl[kRoadPoints],
        pr[kRoadPoints];
    for (std::size_t j = 0; j < kRoadPoints; ++j) {
        const RoadPoint& a = road[kRoadAheadMetres[j]];
        const RoadPoint& b = road[kRoadAheadMetres[j] + 1];
        px[j] = a.x + t * (b.x - a.x);
        py[j] = a.y + t * (b.y - a.y);
        pk[j] = a.curvature + t * (b.curvature - a.curvature);
        pl[j] = a.width_left + t * (b.width_left - a.width_left);
        pr[j] = a.width_right + t * (b.width_right - a.width_right);
    }
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
        const auto put = [row, j](int offset, const ObservationField& field, Floats value) {
            clamp(value * Floats(static_cast<float>(field.scale)),
                  Floats(static_cast<float>(field.low)), Floats(static_cast<float>(field.high)))
                .store(row + offset + j);
        };
        const Floats dx = Floats::load(px + j) - car_x;
        const Floats dy = Floats::load(py + j) - car_y;
        const Floats per_metre = Floats::load(kPerMetre.data() + j);
        put(observation_offset("road_x"), observation_field("road_x"),
            (dx * c + dy * sn) * per_metre);
        put(observation_offset("road_y"), observation_field("road_y"),
            (dy * c - dx * sn) * per_metre);
        put(observation_offset("road_curvature"), observation_field("road_curvature"),
            Floats::load(pk + j));
        put(observation_offset("road_width_left"), observation_field("road_width_left"),
            Floats::load(pl + j));
        put(observation_offset("road_width_right"), observation_field("road_width_right"),
            Floats::load(pr + j));
    }
}

RACER_INLINE void observe_car(const StepContext& context, int car) {
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    float* row = context.observations + static_cast<std::ptrdiff_t>(car) * context.observation_size;

    float rays[kRays];
    cast_rays(track, c.x[car], c.y[car], c.cos_yaw[car], c.sin_yaw[car], c.station[car], rays);
    constexpr int kRayOffset = observation_offset("rays");
    constexpr auto kRayScale = static_cast<float>(observation_field("rays").scale);
    for (int i = 0; i < kRays; ++i) row[kRayOffset + i] = min(rays[i] * kRayScale, 1.0F);

    const double speed = sqrt(c.v_x[car] * c.v_x[car] + c.v_y[car] * c.v_y[car]);
    RACER_OBSERVE(row, "speed", speed);
    RACER_OBSERVE(row, "yaw_rate", c.yaw_rate[car]);
    RACER_OBSERVE(row, "steer", c.steer[car]);
    RACER_OBSERVE(row, "progress", c.s[car] / track.length);
    RACER_OBSERVE(row, "lateral_offset", c.n[car]);
    if (context.observation == ObservationKind::kLidar) return;

    RACER_OBSERVE(row, "v_y", c.v_y[car]);
    RACER_OBSERVE(row, "cos_heading", c.cos_heading[car]);
    RACER_OBSERVE(row, "sin_heading", c.sin_heading[car]);
    RACER_OBSERVE(row, "a_x", c.a_x[car]);
    constexpr int kPrevious = observation_offset("previous_action");
    row[kPrevious] = static_cast<float>(c.input_steer[car] / kInputScale);
    row[kPrevious + 1] = static_cast<float>(c.input_throttle[car] / kInputScale);
    row[kPrevious + 2] = static_cast<float>(c.input_brake[car] / kInputScale);
    RACER_OBSERVE(row, "wheels_off", c.wheels_off[car]);
    observe_road(track, c.station[car], c.s[car], c.x[car], c.y[car], c.cos_yaw[car],
                 c.sin_yaw[car], row);
}

}  // namespace racer::RACER_ISA
