// Compiled once per instruction set, with RACER_ISA and RACER_LANES set by the build.
// No std:: containers or algorithms are instantiated here: their inline copies, compiled for a wide
// instruction set, could be picked by the linker for the whole program.
#include "circuit/kernels.hpp"
#include "circuit/step.hpp"
#include "core/dispatch.hpp"

namespace racer {
namespace RACER_ISA {
namespace {

void step(const StepContext& context, int first_world, int last_world) noexcept {
    step_worlds(context, first_world, last_world);
}
void reset(const StepContext& context, int world) noexcept { reset_world(context, world); }
void place(const StepContext& context, int car, const Placement& at) noexcept {
    place_car(context, car, at);
}
void observe(const StepContext& context, int first_world, int last_world) noexcept {
    const int k = context.cars_per_world;
    observe_cars(context, first_world * k, last_world * k);
}
void physics(const StepContext& context, int ticks) noexcept {
    const int cars = context.worlds * context.cars_per_world;
    for (int car = 0; car < cars; car += 2 * kLanes) {  // storage is padded to whole blocks
        const int next = car + kLanes;
        CarState<Real> first = load_state<Real>(context.cars, car);
        CarState<Real> second = load_state<Real>(context.cars, next);
        const auto a = load_inputs<Real>(*context.vehicle, context.cars, car);
        const auto b = load_inputs<Real>(*context.vehicle, context.cars, next);
        for (int tick = 0; tick < ticks; ++tick) {
            integrate_tick(*context.vehicle, first, a, second, b);
        }
        store_state(context.cars, car, first);
        store_state(context.cars, next, second);
    }
}

}  // namespace
}  // namespace RACER_ISA

extern const Kernels RACER_OF_THIS_SET(kKernels);
const Kernels RACER_OF_THIS_SET(kKernels) = {RACER_ISA::step, RACER_ISA::reset, RACER_ISA::place,
                                             RACER_ISA::observe, RACER_ISA::physics};

}  // namespace racer
