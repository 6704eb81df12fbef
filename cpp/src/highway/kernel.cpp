// Compiled once per instruction set, as cpp/src/kernel.cpp is, under the same rules.
#include "racer/highway/step.hpp"

namespace racer {

#define RACER_NAME_TEXT(name) #name
#define RACER_NAME(name) RACER_NAME_TEXT(name)
#define RACER_JOIN_TEXT(a, b) a##b
#define RACER_JOIN(a, b) RACER_JOIN_TEXT(a, b)

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

extern const Kernels RACER_JOIN(kKernels_, RACER_ISA);
const Kernels RACER_JOIN(kKernels_, RACER_ISA) = {RACER_NAME(RACER_ISA), RACER_ISA::traffic::step,
                                                  RACER_ISA::traffic::reset,
                                                  RACER_ISA::traffic::refresh};

}  // namespace highway
}  // namespace racer
