// The layout of an observation, in one table. Python reads names, offsets, units and scales from
// here and never writes a column number.
#pragma once

#include <array>
#include <string_view>

namespace racer {

inline constexpr int kRays = 9;
inline constexpr float kRayRange = 150.0F;  // [m]; also the answer where nothing is hit

// The road ahead: centre-line points this many metres further on (multiples of the station spacing,
// rounded), growing with distance so that braking for a hairpin at top speed is seen in time.
inline constexpr int kRoadPoints = 16;
inline constexpr std::array<int, kRoadPoints> kRoadAheadMetres = {
    5, 10, 16, 23, 31, 40, 50, 62, 75, 90, 107, 126, 148, 172, 200, 230};

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

[[nodiscard]] constexpr int observation_size(int fields) {
    int size = 0;
    for (int i = 0; i < fields; ++i) size += kObservationFields[static_cast<std::size_t>(i)].size;
    return size;
}
inline constexpr int kLidarSize = observation_size(kLidarFields);
inline constexpr int kTrackSize = observation_size(static_cast<int>(kObservationFields.size()));
static_assert(kLidarSize == 14, "the lidar observation is a contract of 14 numbers");

// Offset of a field by its name, at compile time; a wrong name does not compile.
[[nodiscard]] consteval int observation_offset(std::string_view name) {
    int offset = 0;
    for (const auto& field : kObservationFields) {
        if (field.name == name) return offset;
        offset += field.size;
    }
    throw "no such observation field";
}
[[nodiscard]] consteval ObservationField observation_field(std::string_view name) {
    for (const auto& field : kObservationFields) {
        if (field.name == name) return field;
    }
    throw "no such observation field";
}

}  // namespace racer
