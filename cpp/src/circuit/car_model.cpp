#include "racer/car_model.hpp"

#include "circuit/action.hpp"
#include "circuit/dynamics.hpp"
#include "core/float_environment.hpp"

namespace racer {

PlainPedals axis_to_pedals(const Vehicle& vehicle, double steer, double drive,
                           double speed) noexcept {
    const FloatEnvironment guard;
    const auto sound = [](double value) {
        return value == value ? RACER_ISA::clamp(value, -1.0, 1.0) : 0.0;
    };
    const RACER_ISA::Pedals<double> pedals =
        RACER_ISA::axis_to_pedals(vehicle, sound(steer), sound(drive), speed);
    const auto on_grid = [](double value) {
        std::int16_t input = 0;
        RACER_ISA::quantise(&input, value);
        return static_cast<float>(input / kInputScale);
    };
    return {on_grid(pedals.steer), on_grid(pedals.throttle), on_grid(pedals.brake)};
}

void simulate(const Vehicle& vehicle, const PlainState& start, std::span<const PlainInputs> inputs,
              std::span<PlainState> states, int substeps) {
    const FloatEnvironment guard;
    const PlainState& s = start;
    RACER_ISA::CarState<double> car{s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8]};
    states[0] = start;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const PlainInputs& in = inputs[i];
        RACER_ISA::integrate_tick(vehicle, car, {in[0], in[1], in[2], 1.0, 1.0, 0.0}, substeps);
        states[i + 1] = {car.x,   car.y,        car.cos_yaw, car.sin_yaw, car.v_x,
                         car.v_y, car.yaw_rate, car.steer,   car.a_x};
    }
}

}  // namespace racer
