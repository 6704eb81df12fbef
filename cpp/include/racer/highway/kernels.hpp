// The door between the highway batch (compiled once) and its step (compiled once per instruction
// set).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "racer/highway/config.hpp"
#include "racer/highway/fields.hpp"
#include "racer/kernels.hpp"

namespace racer::highway {

// Rows of vehicles are padded to a multiple of this many, itself one of every lane width.
inline constexpr int kVehicleBlock = 8;

// What one thread needs while it steps a world; nothing in it outlives a frame.
struct Scratch {
    std::int32_t* lists = nullptr;   // (lanes, stride): vehicles of each lane by x
    std::int32_t* counts = nullptr;  // (lanes,)
    std::int32_t* front = nullptr;   // (stride,): vehicle ahead in its own lane, -1 if none
    std::int32_t* rank = nullptr;    // (stride,): place in the world's order
    double* front_x = nullptr;       // (stride,) of the vehicle ahead
    double* front_vx = nullptr;      // (stride,)
    double* front_vy = nullptr;      // (stride,)
    double* free_term = nullptr;     // (stride,): acceleration on a free road
    double* closest = nullptr;       // (stride,): closest lane
    std::int32_t* pairs = nullptr;   // (2 * pair_capacity): pairs that may collide
    int pair_capacity = 0;
};

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

struct Kernels {
    std::string_view name;
    // One policy step of worlds [first, last).
    void (*step)(const StepContext&, Scratch&, int first_world, int last_world) noexcept;
    // Starts a new episode of one world and writes its observation.
    void (*reset)(const StepContext&, Scratch&, int world) noexcept;
    // Recomputes what follows from the state of a world, its observation included.
    void (*refresh)(const StepContext&, Scratch&, int world) noexcept;
};

// The kernels of the instruction set in use (racer/kernels.hpp).
[[nodiscard]] const Kernels& kernels() noexcept;

}  // namespace racer::highway
