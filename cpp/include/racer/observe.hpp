// Writes one car's observation row, in the layout of observation.hpp.
#pragma once

#include "racer/action.hpp"
#include "racer/kernels.hpp"
#include "racer/lanes.hpp"
#include "racer/observation.hpp"
#include "racer/rays.hpp"

namespace racer::RACER_ISA {

// Writes `value` in the scale and bounds of the field called `name`.
#define RACER_OBSERVE(row, name, value)                                                     \
    do {                                                                                    \
        constexpr ObservationField kField = observation_field(name);                        \
        (row)[observation_offset(name)] = static_cast<float>(                               \
            clamp((value) * kField.scale, kField.low, kField.high));                        \
    } while (false)

using RoadLanes = Lanes<float, 16>;
static_assert(kRoadPoints == 16, "the road ahead fills one vector of 16 numbers");

// The road ahead in the car's frame. All points share the car's place between two stations.
RACER_INLINE void observe_road(const Track& track, std::int32_t station, double s, double x, double y,
                               double cos_yaw, double sin_yaw, float* row) {
    const RoadPoint* road = track.road.data() + station;
    const auto t = static_cast<float>(s / track.spacing - static_cast<double>(station));
    // A transposing read of 16 points and their successors.
    alignas(64) float px[16], py[16], pk[16], pl[16], pr[16];
    for (int j = 0; j < kRoadPoints; ++j) {
        const RoadPoint& a = road[kRoadAheadMetres[static_cast<std::size_t>(j)]];
        const RoadPoint& b = road[kRoadAheadMetres[static_cast<std::size_t>(j)] + 1];
        px[j] = a.x + t * (b.x - a.x);
        py[j] = a.y + t * (b.y - a.y);
        pk[j] = a.curvature + t * (b.curvature - a.curvature);
        pl[j] = a.width_left + t * (b.width_left - a.width_left);
        pr[j] = a.width_right + t * (b.width_right - a.width_right);
    }
    alignas(64) static constexpr auto kPerMetre = [] {
        std::array<float, 16> values{};
        for (std::size_t j = 0; j < 16; ++j) values[j] = 1.0F / static_cast<float>(kRoadAheadMetres[j]);
        return values;
    }();
    const RoadLanes per_metre = RoadLanes::load(kPerMetre.data());
    const RoadLanes dx = RoadLanes::load(px) - RoadLanes(static_cast<float>(x - track.origin.x));
    const RoadLanes dy = RoadLanes::load(py) - RoadLanes(static_cast<float>(y - track.origin.y));
    const RoadLanes c(static_cast<float>(cos_yaw));
    const RoadLanes sn(static_cast<float>(sin_yaw));
    const auto put = [row](int offset, RoadLanes value, const ObservationField& field) {
        clamp(value * RoadLanes(static_cast<float>(field.scale)),
              RoadLanes(static_cast<float>(field.low)), RoadLanes(static_cast<float>(field.high)))
            .store(row + offset);
    };
    put(observation_offset("road_x"), (dx * c + dy * sn) * per_metre, observation_field("road_x"));
    put(observation_offset("road_y"), (dy * c - dx * sn) * per_metre, observation_field("road_y"));
    put(observation_offset("road_curvature"), RoadLanes::load(pk), observation_field("road_curvature"));
    put(observation_offset("road_width_left"), RoadLanes::load(pl),
        observation_field("road_width_left"));
    put(observation_offset("road_width_right"), RoadLanes::load(pr),
        observation_field("road_width_right"));
}

RACER_INLINE void observe_car(const StepContext& context, int car) {
    const CarArrays& c = context.cars;
    const Track& track = *context.tracks[car];
    float* row =
        context.observations + static_cast<std::ptrdiff_t>(car) * context.observation_size;

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
