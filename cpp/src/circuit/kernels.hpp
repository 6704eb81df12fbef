// The door between the batch (compiled once) and the step kernels (compiled once per instruction
// set).
#pragma once

#include "racer/step_context.hpp"

namespace racer {

struct Kernels {
    // One step of worlds [first, last): actions, ticks, rules, rewards, ends, resets, observations.
    void (*step)(const StepContext&, int first_world, int last_world) noexcept;
    // Starts a new episode of one world by the config's start rules.
    void (*reset)(const StepContext&, int world) noexcept;
    // Puts one car and starts its lap state afresh.
    void (*place)(const StepContext&, int car, const Placement&) noexcept;
    // Writes the observations of worlds [first, last).
    void (*observe)(const StepContext&, int first_world, int last_world) noexcept;
    // Physics alone: `ticks` ticks of all cars with their last inputs (benchmark).
    void (*physics)(const StepContext&, int ticks) noexcept;
};

// The kernels of the instruction set in use.
[[nodiscard]] const Kernels& kernels() noexcept;

}  // namespace racer
