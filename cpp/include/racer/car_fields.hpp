// Every number that a car carries from tick to tick, listed once: X(type, name, unit, meaning).
// Storage, snapshot, restore, state hash and the Python facts are all generated from this list.
#pragma once

#include <cstdint>

// clang-format off
#define RACER_CAR_FIELDS(X)                                                                         \
    /* physics state, integrated */                                                                 \
    X(double, x, "m", "position of the centre of gravity, east")                                    \
    X(double, y, "m", "position of the centre of gravity, north")                                   \
    X(double, cos_yaw, "1", "cosine of the yaw angle, counter-clockwise from east")                 \
    X(double, sin_yaw, "1", "sine of the yaw angle")                                                \
    X(double, v_x, "m/s", "velocity along the body, forward")                                       \
    X(double, v_y, "m/s", "velocity across the body, left")                                         \
    X(double, yaw_rate, "rad/s", "yaw rate, counter-clockwise")                                     \
    X(double, steer, "rad", "road-wheel angle, left positive")                                      \
    X(double, a_x, "m/s^2", "longitudinal acceleration, filtered (load transfer)")                  \
    /* surface under the wheels, computed after each tick for the next */                           \
    X(double, grip_front, "1", "share of tarmac grip at the front axle")                            \
    X(double, grip_rear, "1", "share of tarmac grip at the rear axle")                              \
    X(double, surface_drag, "N", "extra rolling drag of wheels off the tarmac")                     \
    /* place on the track, computed after each tick */                                              \
    X(double, s, "m", "distance along the centre line from the start line, in [0, length)")         \
    X(double, n, "m", "offset from the centre line, left positive")                                 \
    X(double, cos_heading, "1", "cosine of the heading error to the centre line")                   \
    X(double, sin_heading, "1", "sine of the heading error, left positive")                         \
    X(double, progress, "m", "signed progress along the centre line in the last step")              \
    X(double, distance, "m", "sum of progress since the spawn")                                     \
    X(double, wheels_off, "1", "wheels beyond the edge of the track, 0 to 4")                       \
    X(double, wall_contact, "1", "1 if the car touched a wall in the last step")                    \
    X(double, wall_impact_speed, "m/s", "highest speed into a wall in the last step")               \
    X(double, fault, "1", "1 if the state became non-finite; the car is frozen")                    \
    /* lap timing; times in ticks of this episode, fractions interpolated inside the tick */        \
    X(double, lap_start, "tick", "when the running lap began")                                      \
    X(double, sector_start, "tick", "when the running sector began")                                \
    X(double, sector_time_1, "s", "time of sector 1 of the running lap, 0 if not yet set")          \
    X(double, sector_time_2, "s", "time of sector 2 of the running lap, 0 if not yet set")          \
    X(std::int32_t, station, "1", "index of the centre-line station behind the car")                \
    X(std::int32_t, lap_running, "1", "1 once the clock runs; 0 on an out lap")                     \
    X(std::int32_t, lap_standing, "1", "1 if the running lap began at rest on the line")            \
    X(std::int32_t, lap, "1", "number of the running lap, 1 for the first timed one")               \
    X(std::int32_t, lap_reasons, "1", "LapReason bits that make the running lap invalid")           \
    X(std::int32_t, checkpoint, "1", "next checkpoint to pass in this lap")                         \
    X(std::int32_t, sector, "1", "sector of the running lap, 0 to 2")                               \
    X(std::int32_t, off_track_ticks, "tick", "ticks of the last step with all four wheels off")     \
    X(std::int32_t, wrong_way, "1", "1 if the car moves against the driving direction")             \
    X(std::int32_t, stillness_ticks, "tick", "ticks spent below the stillness speed, in a row")     \
    X(std::int32_t, episode_ticks, "tick", "ticks since the spawn")                                 \
    X(std::int32_t, episode_steps, "1", "steps (actions) since the spawn")                          \
    X(std::int32_t, world_done, "1", "1 if the episode of the car's world is over")                 \
    X(std::int16_t, input_steer, "1/32767", "last steering input, left positive")                   \
    X(std::int16_t, input_throttle, "1/32767", "last throttle input")                               \
    X(std::int16_t, input_brake, "1/32767", "last brake input")                                     \
    X(std::uint16_t, reserved, "1", "always 0")                                                     \
    X(std::uint32_t, episode, "1", "episodes of this world so far")                                 \
    X(std::uint32_t, nan_actions, "1", "NaN action values received, counted as zero")               \
    X(std::uint64_t, seed, "1", "random stream of this world")
// clang-format on

namespace racer {

inline constexpr double kInputScale = 32767.0;  // inputs are stored in steps of 1 / kInputScale

// One car's whole state as a plain record: a snapshot is an array of these.
struct CarRecord {
#define RACER_FIELD(type, name, unit, meaning) type name;
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
};

// Structure of arrays over all cars of a batch; pointers to storage that the Batch owns.
struct CarArrays {
#define RACER_FIELD(type, name, unit, meaning) type* name = nullptr;
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
};

[[nodiscard]] inline CarRecord read_record(const CarArrays& cars, int car) noexcept {
    CarRecord record;
#define RACER_FIELD(type, name, unit, meaning) record.name = cars.name[car];
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return record;
}
inline void write_record(const CarArrays& cars, int car, const CarRecord& record) noexcept {
#define RACER_FIELD(type, name, unit, meaning) cars.name[car] = record.name;
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
}

}  // namespace racer
