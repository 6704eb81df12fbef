// The door between the highway batch (compiled once) and its step (compiled once per instruction
// set).
#pragma once

#include "racer/highway/step_context.hpp"
#include "traffic/scratch.hpp"

namespace racer::highway {

struct Kernels {
    // One policy step of worlds [first, last).
    void (*step)(const StepContext&, Scratch&, int first_world, int last_world) noexcept;
    // Starts a new episode of one world and writes its observation.
    void (*reset)(const StepContext&, Scratch&, int world) noexcept;
    // Recomputes what follows from the state of a world, its observation included.
    void (*refresh)(const StepContext&, Scratch&, int world) noexcept;
};

// The kernels of the instruction set in use.
[[nodiscard]] const Kernels& kernels() noexcept;

}  // namespace racer::highway
