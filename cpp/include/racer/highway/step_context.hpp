// What one policy step of a batch of highways reads and writes.
#pragma once

#include <cstdint>

#include "racer/autoreset.hpp"
#include "racer/controlled.hpp"
#include "racer/highway/config.hpp"
#include "racer/highway/fields.hpp"

namespace racer::highway {

// Rows of vehicles are padded to a multiple of this many, itself one of every lane width.
inline constexpr int kVehicleBlock = 8;

// All that a policy step reads and writes: plain pointers, no ownership. `agents` are the
// controlled vehicles of all worlds, world by world; each is an ego vehicle, with actions,
// observations, rewards and outcomes of its own.
struct StepContext {
    // Constant from the making of the batch on.
    const Config* config = nullptr;
    int world_count = 0;
    int vehicles_per_world = 1;
    Controlled controlled;  // the others are traffic
    int stride = kVehicleBlock;
    int frames = 1;               // per policy step
    double frame_seconds = 1.0;   // s
    double policy_seconds = 1.0;  // s
    double spawn_factor = 1.0;    // exp(-5/40 lanes)
    Autoreset autoreset = Autoreset::kSameStep;
    int action_size = 1;
    int observation_size = 25;

    // Live state, from step to step.
    VehicleArrays vehicles;         // (worlds, stride)
    WorldRecord* worlds = nullptr;  // (world_count,)

    // Live inputs of the next step.
    const float* actions = nullptr;              // (agents, action_size), continuous
    const std::int64_t* meta_actions = nullptr;  // (agents,), meta

    // Live outputs of the last step.
    float* observations = nullptr;        // (agents, observation_size)
    float* final_observations = nullptr;  // (agents, observation_size): before a same-step reset
    double* rewards = nullptr;            // (agents,)
    double* reward_terms = nullptr;       // (agents, kTerms)
    double* base_terms = nullptr;         // (agents, kBaseTerms)
    bool* terminated = nullptr;           // (worlds,)
    bool* truncated = nullptr;            // (worlds,)
    Outcome* outcomes = nullptr;          // (agents,)
    Outcome* final_outcomes = nullptr;    // (agents,): before a same-step reset
};

}  // namespace racer::highway
