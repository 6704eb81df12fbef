// The rules of driving as plain values: what a lap is, what is rewarded, when an episode ends. The
// kernels in cpp/src/circuit/ apply them: lap_timing.hpp, score.hpp and ends.hpp.
#pragma once

#include <cstdint>

#include "racer/time.hpp"

namespace racer {

// Why a lap is not valid (bits).
enum LapReason : std::uint32_t {
    kLapValid = 0,
    kLapOffTrack = 1,  // all four wheels off at once
    kLapWall = 2,      // touched a wall
    kLapReversed = 4,  // crossed the line backwards
    kLapFault = 8,     // non-finite state
};

// A lap that ended in the last step.
struct LapEvent {
    std::uint8_t completed = 0;
    std::uint8_t valid = 0;
    std::uint8_t standing = 0;
    std::uint8_t unused = 0;
    std::uint32_t reasons = 0;  // LapReason bits
    std::int32_t lap = 0;
    std::int32_t finish_tick = 0;  // episode tick in which the line was crossed
    double time = 0.0;             // [s]
    double sectors[3] = {};        // [s]
};

// Terms of the reward, listed once: X(constant, field, name in files, default weight, low, high,
// unit, what the weight is paid for). Array layout, bindings and Python's settings follow from
// here; score.hpp computes each term.
// clang-format off
#define RACER_REWARD_TERMS(X)                                                                       \
    X(kProgress, progress, "progress", 1.0, 0, 1e6, "1/lap", "for a whole lap of progress")         \
    X(kSpeedBonus, speed_bonus, "speedBonus", 0.0, 0, 1e6, "1/tick", "per tick at 100 m/s")         \
    X(kWallPenalty, wall_penalty, "wallPenalty", -0.002, -1e6, 0, "1/tick",                         \
      "per tick of contact with a wall")                                                            \
    X(kOffTrackPenalty, off_track_penalty, "offTrackPenalty", -0.001, -1e6, 0, "1/tick",            \
      "per tick with all four wheels off the track")                                                \
    X(kBackwardPenalty, backward_penalty, "backwardPenalty", 0.0, -1e6, 0, "1/tick",                \
      "per tick against the driving direction")                                                     \
    X(kStillnessPenalty, stillness_penalty, "stillnessPenalty", -0.001, -1e6, 0, "1/tick",          \
      "per tick below stillnessSpeedThreshold")                                                     \
    X(kWheelsOffPenalty, wheels_off_penalty, "wheelsOffPenalty", 0.0, -1e6, 0, "1/tick",            \
      "per tick and wheel beyond the edge")
// clang-format on

enum RewardTerm : int {
#define RACER_TERM(constant, field, name, weight, low, high, unit, meaning) constant,
    RACER_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
        kRewardTerms,
};

struct RewardTermInfo {
    const char* field;  // of RewardWeights, and in Python
    const char* name;   // in files and infos
    double weight, low, high;
    const char* unit;
    const char* meaning;
};
inline constexpr RewardTermInfo kRewardTermTable[kRewardTerms] = {
#define RACER_TERM(constant, field, name, weight, low, high, unit, meaning) \
    {#field, name, weight, low, high, unit, meaning},
    RACER_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
};

struct RewardWeights {
    double progress_length = 0.0;  // [m] of progress that `progress` is paid for; 0: a whole lap
#define RACER_TERM(constant, field, name, weight, low, high, unit, meaning) double field = weight;
    RACER_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
};
inline constexpr double kSpeedBonusReference = 100.0;  // [m/s]

struct EpisodeRules {
    double stillness_speed_threshold = 2.0;  // [m/s]
    int max_steps = 3000;                    // truncates; 0: never
    int stillness_timeout_ticks = 180;       // terminates; 0: never
    int max_laps = 0;                        // truncates after so many completed laps; 0: never
    bool terminate_off_track = false;        // all four wheels off
    bool terminate_on_wall = false;
    int terminate_wheels_off = 0;  // with so many wheels beyond the edge; 0: never
};

enum class StartKind : int { kStanding, kRandom, kMixed };

struct StartRules {
    StartKind kind = StartKind::kStanding;
    double standing_fraction = 0.2;  // of mixed starts
    double speed_low = 0.0;          // random start: share of the station's spawn speed
    double speed_high = 0.9;
    double lateral_fraction = 0.5;  // random start: share of the room on each side that is used
    double heading_error = 0.1;     // random start: at most this far off the tangent [rad]
};

struct BatchConfig {
    RewardWeights weights;
    EpisodeRules episode;
    StartRules start;
};

}  // namespace racer
