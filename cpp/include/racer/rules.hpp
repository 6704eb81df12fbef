// The rules of driving: what a lap is, what is rewarded, when an episode ends. Facts and plain
// values; the kernels in step.hpp apply them.
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

// Terms of the reward, in the order of the reward_terms array. Names as in the config files.
enum RewardTerm : int {
    kProgress,
    kSpeedBonus,
    kWallPenalty,
    kOffTrackPenalty,
    kBackwardPenalty,
    kStillnessPenalty,
    kWheelsOffPenalty,
    kRewardTerms,
};
inline constexpr const char* kRewardTermNames[kRewardTerms] = {
    "progress",        "speedBonus",       "wallPenalty",      "offTrackPenalty",
    "backwardPenalty", "stillnessPenalty", "wheelsOffPenalty",
};

struct RewardWeights {
    double progress = 1.0;              // per lap (share of the centre line's length)
    double speed_bonus = 0.0;           // per tick at kSpeedBonusReference
    double wall_penalty = -0.002;       // per tick of contact
    double off_track_penalty = -0.001;  // per tick with all four wheels off
    double backward_penalty = 0.0;      // per tick against the driving direction
    double stillness_penalty = -0.001;  // per tick below the stillness speed
    double wheels_off_penalty = 0.0;    // per tick and wheel beyond the edge
};
inline constexpr double kSpeedBonusReference = 100.0;  // [m/s]

struct EpisodeRules {
    double stillness_speed_threshold = 2.0;  // [m/s]
    int max_steps = 3000;                    // truncates; 0: never
    int stillness_timeout_ticks = 180;       // terminates; 0: never
    int max_laps = 0;                        // truncates after so many completed laps; 0: never
    bool terminate_off_track = false;        // all four wheels off
    bool terminate_on_wall = false;
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
