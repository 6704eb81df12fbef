// The layout of an observation, in one table. Python reads names, offsets, units and scales from
// here and never writes a column number.
#pragma once

#include <array>
#include <span>
#include <string_view>

namespace racer {

inline constexpr int kRays = 9;
inline constexpr float kRayRange = 150.0F;  // [m]; also the answer where nothing is hit

// The road ahead: centre-line points this many metres further on (multiples of the station spacing,
// rounded), growing with distance so that braking for a hairpin at top speed is seen in time.
inline constexpr int kRoadPoints = 16;
inline constexpr std::array<int, kRoadPoints> kRoadAheadMetres = {
    5, 10, 16, 23, 31, 40, 50, 62, 75, 90, 107, 126, 148, 172, 200, 230};

// The same for the `road` observation, which sees both edges, far enough to brake from 300 km/h for
// a hairpin, and densely where the car is about to be.
inline constexpr int kEdgePoints = 24;
inline constexpr std::array<int, kEdgePoints> kEdgeAheadMetres = {
    4,   8,   13,  19,  26,  34,  43,  53,  64,  76,  89,  103,
    118, 134, 152, 172, 195, 221, 251, 285, 323, 362, 404, 448};
inline constexpr double kBendRadius = 40.0;  // [m]: a road of this radius has a bend of 1/2

struct ObservationField {
    std::string_view name;
    int size;
    std::string_view unit;
    double scale;  // observation = clip(value * scale, low, high)
    double low, high;
};

// `lidar` is the first kLidarFields rows, `track` is all of them: a `track` observation begins with
// a `lidar` one.
inline constexpr int kLidarFields = 6;
inline constexpr std::array<ObservationField, 17> kObservationFields = {{
    {"rays", kRays, "m", 1.0 / kRayRange, 0.0, 1.0},
    {"speed", 1, "m/s", 1.0 / 100.0, 0.0, 1.0},
    {"yaw_rate", 1, "rad/s", 1.0 / 4.0, -1.0, 1.0},
    {"steer", 1, "rad", 1.0 / 0.5, -1.0, 1.0},
    {"progress", 1, "lap", 1.0, 0.0, 1.0},
    {"lateral_offset", 1, "m", 1.0 / 20.0, -1.0, 1.0},
    {"v_y", 1, "m/s", 1.0 / 20.0, -1.0, 1.0},
    {"cos_heading", 1, "1", 1.0, -1.0, 1.0},
    {"sin_heading", 1, "1", 1.0, -1.0, 1.0},
    {"a_x", 1, "m/s^2", 1.0 / 30.0, -1.0, 1.0},
    {"previous_action", 3, "1", 1.0, -1.0, 1.0},
    {"wheels_off", 1, "1", 1.0 / 4.0, 0.0, 1.0},
    {"road_x", kRoadPoints, "m per m ahead", 1.0, -2.0, 2.0},
    {"road_y", kRoadPoints, "m per m ahead", 1.0, -2.0, 2.0},
    {"road_curvature", kRoadPoints, "1/m", 20.0, -2.0, 2.0},
    {"road_width_left", kRoadPoints, "m", 1.0 / 20.0, 0.0, 2.0},
    {"road_width_right", kRoadPoints, "m", 1.0 / 20.0, 0.0, 2.0},
}};

// What a driver of any circuit needs: no rays, no share of the lap. The edges are points in the
// car's frame, divided by the distance along the road; bend = curvature / (|curvature| +
// 1 / kBendRadius), which tells a hairpin of 6 m from one of 12 and a straight from a sweep.
inline constexpr std::array<ObservationField, 16> kRoadFields = {{
    {"speed", 1, "m/s", 1.0 / 100.0, 0.0, 1.0},
    {"yaw_rate", 1, "rad/s", 1.0 / 4.0, -1.0, 1.0},
    {"steer", 1, "rad", 1.0 / 0.5, -1.0, 1.0},
    {"v_y", 1, "m/s", 1.0 / 20.0, -1.0, 1.0},
    {"cos_heading", 1, "1", 1.0, -1.0, 1.0},
    {"sin_heading", 1, "1", 1.0, -1.0, 1.0},
    {"a_x", 1, "m/s^2", 1.0 / 30.0, -1.0, 1.0},
    {"previous_action", 3, "1", 1.0, -1.0, 1.0},
    {"wheels_off", 1, "1", 1.0 / 4.0, 0.0, 1.0},
    {"edge_left", 1, "m", 1.0 / 5.0, -2.0, 2.0},   // to the left of the car, negative beyond it
    {"edge_right", 1, "m", 1.0 / 5.0, -2.0, 2.0},  // the same to the right
    {"road_left_x", kEdgePoints, "m per m ahead", 1.0, -2.0, 2.0},
    {"road_left_y", kEdgePoints, "m per m ahead", 1.0, -2.0, 2.0},
    {"road_right_x", kEdgePoints, "m per m ahead", 1.0, -2.0, 2.0},
    {"road_right_y", kEdgePoints, "m per m ahead", 1.0, -2.0, 2.0},
    {"road_bend", kEdgePoints, "1", 1.0, -1.0, 1.0},
}};

enum class ObservationKind : int { kLidar, kTrack, kRoad };

[[nodiscard]] constexpr std::span<const ObservationField> observation_fields(ObservationKind kind) {
    switch (kind) {
        case ObservationKind::kLidar:
            return std::span(kObservationFields).first(kLidarFields);
        case ObservationKind::kTrack:
            return kObservationFields;
        case ObservationKind::kRoad:
            return kRoadFields;
    }
    return {};
}
[[nodiscard]] constexpr int observation_size(ObservationKind kind) {
    int size = 0;
    for (const ObservationField& field : observation_fields(kind)) size += field.size;
    return size;
}
inline constexpr int kLidarSize = observation_size(ObservationKind::kLidar);
inline constexpr int kTrackSize = observation_size(ObservationKind::kTrack);
inline constexpr int kRoadSize = observation_size(ObservationKind::kRoad);
static_assert(kLidarSize == 14, "the lidar observation is a contract of 14 numbers");

// Offset of a field by its name, at compile time; a wrong name does not compile.
[[nodiscard]] consteval int observation_offset(std::string_view name,
                                               ObservationKind kind = ObservationKind::kTrack) {
    int offset = 0;
    for (const auto& field : observation_fields(kind)) {
        if (field.name == name) return offset;
        offset += field.size;
    }
    throw "no such observation field";
}
[[nodiscard]] consteval ObservationField observation_field(
    std::string_view name, ObservationKind kind = ObservationKind::kTrack) {
    for (const auto& field : observation_fields(kind)) {
        if (field.name == name) return field;
    }
    throw "no such observation field";
}

}  // namespace racer
