// What one step of a batch of circuit worlds reads and writes.
#pragma once

#include <cstdint>

#include "racer/autoreset.hpp"
#include "racer/car_fields.hpp"
#include "racer/controlled.hpp"
#include "racer/observation.hpp"
#include "racer/rules.hpp"
#include "racer/track.hpp"
#include "racer/vehicle.hpp"

namespace racer {

enum class ActionKind : int { kPedals, kAxis };

// Cars are stepped in blocks of this many; storage is padded to it. A multiple of every lane width.
inline constexpr int kCarBlock = 16;

// All that a step reads and writes: plain pointers, no ownership.
struct StepContext {
    // Constant from the making of the batch on.
    const Vehicle* vehicle = nullptr;
    const Track* const* all_tracks = nullptr;
    const BatchConfig* config = nullptr;
    int worlds = 0;
    int cars_per_world = 1;  // each has actions, observations and rewards of its own
    Controlled controlled;   // the cars that can end the episode
    int ticks_per_action = 1;
    ActionKind action = ActionKind::kPedals;
    ObservationKind observation = ObservationKind::kLidar;
    Autoreset autoreset = Autoreset::kSameStep;
    int action_size = 3;
    int observation_size = 14;

    // Live state, from step to step.
    CarArrays cars;
    const Track** tracks = nullptr;        // of each car, padded
    std::int32_t* world_tracks = nullptr;  // number of each world's track in `all_tracks`

    // Live input of the next step.
    const float* actions = nullptr;             // (cars, action_size)
    const std::int32_t* next_tracks = nullptr;  // as world_tracks, from the next episode on

    // Live outputs of the last step.
    float* observations = nullptr;        // (cars, observation_size)
    float* final_observations = nullptr;  // (cars, observation_size)
    CarRecord* final_records = nullptr;   // (cars,): the state before a same-step reset
    float* rewards = nullptr;             // (cars,)
    float* reward_terms = nullptr;        // (cars, kRewardTerms)
    bool* terminated = nullptr;           // (worlds,)
    bool* truncated = nullptr;            // (worlds,)
    LapEvent* lap_events = nullptr;       // (cars,)
};

// Where to put a car.
struct Placement {
    double s = 0.0;
    double n = 0.0;
    double heading_error = 0.0;  // [rad]
    double speed = 0.0;          // [m/s]
};

}  // namespace racer
