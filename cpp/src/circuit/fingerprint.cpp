#include "racer/fingerprint.hpp"

#include <array>
#include <cstddef>

#include "circuit/dynamics.hpp"
#include "core/float_environment.hpp"
#include "racer/hash.hpp"
#include "racer/random.hpp"

namespace racer {

std::uint64_t physics_fingerprint(const Vehicle& vehicle) {
    const FloatEnvironment guard;
    Hash hash;
    hash.add(kPhysicsVersion);
    hash.add(kSubsteps);
    hash.add(kTickSeconds);
    for (const VehicleField& field : kVehicleFields) {
        hash.add(field.name);
        hash.add(vehicle.*field.member);
    }

    // Ten seconds of wild driving: new random inputs twice a second, on tarmac and off it.
    constexpr int kTicks = 600;
    constexpr int kHold = 30;
    RACER_ISA::CarState<double> car{0.0, 0.0, 1.0, 0.0, 40.0, 0.0, 0.0, 0.0, 0.0};
    RACER_ISA::CarInputs<double> inputs{};
    for (int tick = 0; tick < kTicks; ++tick) {
        if (tick % kHold == 0) {
            const auto draw = [&](std::uint64_t i) {
                return uniform(0x5261636572ULL, static_cast<std::uint64_t>(tick) * 8 + i);
            };
            inputs.steer_target = (2.0 * draw(0) - 1.0) * vehicle.max_steer;
            inputs.throttle = draw(1);
            inputs.brake = draw(2) < 0.3 ? draw(3) : 0.0;
            const bool grass = draw(4) < 0.2;
            inputs.grip_front = inputs.grip_rear = grass ? vehicle.grass_grip : 1.0;
            inputs.surface_drag = grass ? vehicle.grass_drag : 0.0;
        }
        RACER_ISA::integrate_tick(vehicle, car, inputs);
        for (const double value : {car.x, car.y, car.cos_yaw, car.sin_yaw, car.v_x, car.v_y,
                                   car.yaw_rate, car.steer, car.a_x}) {
            hash.add(value);
        }
    }
    return hash.value();
}

}  // namespace racer
