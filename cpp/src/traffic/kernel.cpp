// Compiled once per instruction set, as circuit/kernel.cpp is, under the same rules.
#include "core/dispatch.hpp"
#include "traffic/kernels.hpp"
#include "traffic/step.hpp"

namespace racer {
namespace RACER_ISA::traffic {
namespace {

void step(const StepContext& context, Scratch& scratch, int first, int last) noexcept {
    for (int world = first; world < last; ++world) step_world(context, scratch, world);
}
void reset(const StepContext& context, Scratch& scratch, int world) noexcept {
    reset_world(context, scratch, world);
}
void refresh(const StepContext& context, Scratch& scratch, int world) noexcept {
    refresh_world(context, scratch, world);
}

}  // namespace
}  // namespace RACER_ISA::traffic

namespace highway {

extern const Kernels RACER_OF_THIS_SET(kKernels);
const Kernels RACER_OF_THIS_SET(kKernels) = {RACER_ISA::traffic::step, RACER_ISA::traffic::reset,
                                             RACER_ISA::traffic::refresh};

}  // namespace highway
}  // namespace racer
