// What one policy step of a batch of highways reads and writes.
#pragma once

#include <cstdint>

#include "racer/autoreset.hpp"
#include "racer/highway/config.hpp"
#include "racer/highway/fields.hpp"

namespace racer::highway {

// Rows of vehicles are padded to a multiple of this many, itself one of every lane width.
inline constexpr int kVehicleBlock = 8;

// All that a policy step reads and writes: plain pointers, no ownership.
struct StepContext {
    const Config* config = nullptr;
    VehicleArrays vehicles;         // (worlds, stride)
    WorldRecord* worlds = nullptr;  // (world_count,)
    int world_count = 0;
    int vehicles_per_world = 1;  // ego included
    int stride = kVehicleBlock;
    int frames = 1;               // per policy step
    double frame_seconds = 1.0;   // s
    double policy_seconds = 1.0;  // s
    double spawn_factor = 1.0;    // exp(-5/40 lanes)
    Autoreset autoreset = Autoreset::kSameStep;
    int action_size = 1;
    int observation_size = 25;

    const float* actions = nullptr;              // (worlds, action_size), continuous
    const std::int64_t* meta_actions = nullptr;  // (worlds,), meta
    float* observations = nullptr;               // (worlds, observation_size)
    float* final_observations = nullptr;         // (worlds, observation_size)
    double* rewards = nullptr;                   // (worlds,)
    double* reward_terms = nullptr;              // (worlds, kTerms)
    double* base_terms = nullptr;                // (worlds, kBaseTerms)
    bool* terminated = nullptr;                  // (worlds,)
    bool* truncated = nullptr;                   // (worlds,)
    Outcome* final_outcomes = nullptr;           // (worlds,): before a same-step reset
    Outcome* outcomes = nullptr;                 // (worlds,)
};

}  // namespace racer::highway
