// The rules of a highway world. Names and defaults are HighwayEnv's (highway-v0, version 1.12.1)
// where it has them; what it lacks is off.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace racer::highway {

// Raised when a world develops otherwise than before; policies say what they were trained with.
inline constexpr int kRulesVersion = 1;

// kTraffic: nobody drives an ego vehicle; it follows the rules of the traffic around it.
enum class ActionKind : int { kContinuous, kMeta, kTraffic };

// Entries of an observed vehicle's row.
enum class Feature : int {
    kPresence,
    kX,
    kY,
    kVx,
    kVy,
    kHeading,
    kCosHeading,
    kSinHeading,
    kCosDestination,
    kSinDestination,
    kLongitudinalOffset,
    kLateralOffset,
    kAngularOffset,
};
inline constexpr std::array<std::string_view, 13> kFeatureNames = {
    "presence", "x",     "y",     "vx",       "vy",      "heading", "cos_h",
    "sin_h",    "cos_d", "sin_d", "long_off", "lat_off", "ang_off"};
inline constexpr int kMaxFeatures = 32;
inline constexpr int kMaxTargetSpeeds = 32;
inline constexpr int kMaxLanes = 64;
inline constexpr int kMaxVehicles = 10000;

// Terms of the reward beside HighwayEnv's own, listed once: X(constant, name, what the weight is
// paid for in full). The weight of `name` is `name_reward`, 0 by default. Array layout, settings
// and bindings follow from here; score.hpp computes each term.
// clang-format off
#define RACER_HIGHWAY_REWARD_TERMS(X)                                                              \
    X(kTermForwardSpeed, forward_speed, "at 40 m/s")                                               \
    X(kTermSafety, safety, "at a time to collision of 0")                                          \
    X(kTermOffRoad, off_road, "off the road")                                                      \
    X(kTermStillness, stillness, "below 2 m/s")                                                    \
    X(kTermBackward, backward, "moving against the road")                                          \
    X(kTermSpin, spin, "heading against the road")                                                 \
    X(kTermOffCentre, off_centre, "half a lane from the middle of the lane")
// clang-format on

// The parts of a reward; it is their sum. The first is HighwayEnv's own reward.
enum RewardTerm : int {
    kTermBase,
#define RACER_TERM(constant, name, meaning) constant,
    RACER_HIGHWAY_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
        kTerms
};
inline constexpr std::array<std::string_view, kTerms> kTermNames = {
    "base",
#define RACER_TERM(constant, name, meaning) #name,
    RACER_HIGHWAY_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
};
inline constexpr double kMaxWeight = 1e6;  // of a reward, either sign

// What HighwayEnv's reward is made of, before its weights.
enum BaseTerm : int { kBaseCollision, kBaseRightLane, kBaseHighSpeed, kBaseOnRoad, kBaseTerms };
inline constexpr std::array<std::string_view, kBaseTerms> kBaseTermNames = {
    "collision_reward", "right_lane_reward", "high_speed_reward", "on_road_reward"};

struct Range {
    double low = 0.0;
    double high = 0.0;
};

struct Config {
    // Scene
    int lanes_count = 4;
    int vehicles_count = 50;   // traffic, besides the ego vehicles
    int initial_lane_id = -1;  // -1: at random
    double ego_spacing = 2.0;
    double vehicles_density = 1.0;
    bool traffic_collisions = true;  // among traffic; the ego always collides
    double traffic_behind = 0.0;     // share of the traffic that starts behind the ego
    bool traffic_caution = false;    // traffic looks twice before it changes lane
    bool traffic_recovery = false;   // traffic drives around what it stands behind
    // Time
    double simulation_frequency = 15.0;  // Hz
    double policy_frequency = 1.0;       // Hz
    double duration = 40.0;              // s
    bool offroad_terminal = false;
    // Actions
    ActionKind action = ActionKind::kMeta;
    bool longitudinal = true;
    bool lateral = true;
    bool clip_action = true;
    Range acceleration_range{-5.0, 5.0};                              // m/s2
    Range steering_range{-0.78539816339744828, 0.78539816339744828};  // rad
    Range speed_range{-40.0, 40.0};                                   // m/s, of the ego
    std::array<double, kMaxTargetSpeeds> target_speeds{20.0, 25.0, 30.0};
    int target_speed_count = 3;
    // Observation
    int observed_vehicles = 5;  // rows, the ego's included
    std::array<Feature, kMaxFeatures> features{Feature::kPresence, Feature::kX, Feature::kY,
                                               Feature::kVx, Feature::kVy};
    int feature_count = 5;
    std::array<bool, kMaxFeatures> has_range{};  // of each feature; all false: the default ranges
    std::array<Range, kMaxFeatures> ranges{};
    bool default_ranges = true;
    bool absolute = false;
    bool normalize = true;
    bool clip_observation = true;
    bool see_behind = false;
    bool shuffled = false;
    // HighwayEnv's reward
    double collision_reward = -1.0;
    double right_lane_reward = 0.1;
    double high_speed_reward = 0.4;
    Range reward_speed_range{20.0, 30.0};  // m/s
    bool normalize_reward = true;
    // Further terms: weight times a value in [0, 1]
#define RACER_TERM(constant, name, meaning) double name##_reward = 0.0;
    RACER_HIGHWAY_REWARD_TERMS(RACER_TERM)
#undef RACER_TERM
    bool safety_of_path = false;               // counts who is on the ego's path, all around it
    double safety_time = 2.0;                  // s, time to collision below which there is danger
    double safety_cone = 0.19634954084936207;  // rad, half the cone ahead that counts: 11.25 deg
};

}  // namespace racer::highway
