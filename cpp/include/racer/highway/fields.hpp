// Every number that a highway world carries from frame to frame, listed once: X(type, name, unit,
// meaning). Storage, snapshot, restore, state hash and the Python facts come from these lists.
//
// Axes are HighwayEnv's: x along the road, y to the right across it, headings clockwise from x.
#pragma once

#include <cstdint>

// clang-format off
#define RACER_HIGHWAY_VEHICLE_FIELDS(X)                                                            \
    X(double, x, "m", "position of the centre along the road")                                     \
    X(double, y, "m", "position of the centre across the road, 0 in the middle of lane 0")         \
    X(double, heading, "rad", "heading from the direction of the road, right positive")            \
    X(double, speed, "m/s", "speed along the heading; negative backwards")                         \
    X(double, acceleration, "m/s^2", "acceleration commanded in the last frame")                   \
    X(double, slip, "rad", "angle from the heading to the motion, from the steering command")      \
    X(double, target_speed, "m/s", "speed wanted; 0 for an ego that is driven directly")           \
    X(double, exponent, "1", "exponent of the driver model's free-road term")                      \
    X(double, timer, "s", "time since the driver last thought of changing lane")                   \
    X(double, impact_x, "m", "displacement by a collision, due in the next frame")                 \
    X(double, impact_y, "m", "displacement by a collision, due in the next frame")                 \
    X(std::int32_t, impact_pending, "1", "1 if a displacement is due")                             \
    X(std::int32_t, crashed, "1", "1 after a collision")                                           \
    X(std::int32_t, lane, "1", "lane closest to the vehicle, 0 leftmost")                          \
    X(std::int32_t, target_lane, "1", "lane that the driver steers for")

#define RACER_HIGHWAY_WORLD_FIELDS(X)                                                              \
    X(double, time, "s", "time of the episode")                                                    \
    X(std::int32_t, steps, "1", "policy steps of the episode")                                     \
    X(std::int32_t, done, "1", "1 if the episode is over")                                         \
    X(std::uint32_t, episode, "1", "episodes of this world so far")                                \
    X(std::uint32_t, nan_actions, "1", "NaN action values received, counted as zero")              \
    X(std::uint64_t, seed, "1", "random stream of this world")

// What a policy step came to.
#define RACER_HIGHWAY_OUTCOME_FIELDS(X)                                                            \
    X(double, time, "s", "time of the episode")                                                    \
    X(double, x, "m", "of the ego vehicle along the road")                                         \
    X(double, y, "m", "of the ego vehicle across the road")                                        \
    X(double, heading, "rad", "of the ego vehicle")                                                \
    X(double, speed, "m/s", "of the ego vehicle along its heading")                                \
    X(double, forward_speed, "m/s", "of the ego vehicle along the road")                           \
    X(double, acceleration, "m/s^2", "of the ego vehicle in the last frame")                       \
    X(double, steering, "rad", "road-wheel angle of the ego vehicle in the last frame")            \
    X(double, time_to_collision, "s", "with what the ego vehicle closes in on; 1e9 if nothing")    \
    X(double, nearest, "m", "distance of the nearest vehicle's centre; 1e9 if there is none")      \
    X(std::int32_t, lane, "1", "lane closest to the ego vehicle")                                  \
    X(std::int32_t, target_lane, "1", "lane that the ego vehicle steers for")                      \
    X(std::int32_t, steps, "1", "policy steps of the episode")                                     \
    X(std::int32_t, crashed, "1", "1 if the ego vehicle has crashed")                              \
    X(std::int32_t, on_road, "1", "1 if the ego vehicle is on its lane")                           \
    X(std::int32_t, reserved, "1", "always 0")
// clang-format on

namespace racer::highway {

#define RACER_FIELD(type, name, unit, meaning) type name = {};
struct VehicleRecord {
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
};
struct WorldRecord {
    RACER_HIGHWAY_WORLD_FIELDS(RACER_FIELD)
};
struct Outcome {
    RACER_HIGHWAY_OUTCOME_FIELDS(RACER_FIELD)
};
#undef RACER_FIELD

// Structure of arrays: rows of `stride` vehicles per world.
#define RACER_FIELD(type, name, unit, meaning) type* name = nullptr;
struct VehicleArrays {
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
    // Computed from the fields above: not part of the state.
    double* cosine = nullptr;       // of the heading
    double* sine = nullptr;         // of the heading
    double* limit_low = nullptr;    // m/s
    double* limit_high = nullptr;   // m/s
    std::int32_t* order = nullptr;  // vehicles along the road
};
#undef RACER_FIELD

}  // namespace racer::highway
