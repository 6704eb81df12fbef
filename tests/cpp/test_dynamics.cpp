// The car's physics: bits, symmetry, energy, grip limits, figures of its class, rest and
// robustness.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "check.hpp"
#include "racer/dynamics.hpp"
#include "racer/vehicle.hpp"

namespace {

using racer::kGravity;
using racer::kGt;
using racer::kTickSeconds;
using racer::RACER_ISA::CarForces;
using racer::RACER_ISA::CarInputs;
using racer::RACER_ISA::CarState;
using racer::RACER_ISA::Lanes;
using State = CarState<double>;
using Inputs = CarInputs<double>;

constexpr double kDegree = 3.14159265358979323846 / 180.0;

// Numbers in [0, 1) that are the same everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    double next() {
        state_ = state_ * 6364136223846793005U + 1442695040888963407U;
        return static_cast<double>(state_ >> 11U) / 9007199254740992.0;
    }
    double next(double low, double high) { return low + (high - low) * next(); }

  private:
    std::uint64_t state_;
};

State rolling(double speed) {
    State car{};
    car.cos_yaw = 1.0;
    car.v_x = speed;
    return car;
}

Inputs pedals(double steer, double throttle, double brake, double grip = 1.0) {
    return {steer, throttle, brake, grip, grip, grip < 1.0 ? kGt.grass_drag : 0.0};
}

Inputs random_inputs(Random& random) {
    const double axis = random.next(-1.0, 1.0);
    const double lock = random.next() < 0.5 ? 0.1 * kGt.max_steer : kGt.max_steer;
    Inputs inputs = pedals(random.next(-lock, lock), std::max(axis, 0.0), std::max(-axis, 0.0));
    if (random.next() < 0.1) inputs.throttle = inputs.brake = 1.0;
    inputs.grip_front = random.next() < 0.2 ? kGt.grass_grip : 1.0;
    inputs.grip_rear = random.next() < 0.2 ? kGt.grass_grip : 1.0;
    inputs.surface_drag = random.next() < 0.2 ? kGt.grass_drag : 0.0;
    return inputs;
}

void tick(State& car, const Inputs& inputs) { racer::RACER_ISA::integrate_tick(kGt, car, inputs); }

double speed_of(const State& car) { return std::hypot(car.v_x, car.v_y); }

double sideslip(const State& car) { return std::fabs(std::atan2(car.v_y, car.v_x)); }

double energy(const State& car) {
    return 0.5 * kGt.mass * (car.v_x * car.v_x + car.v_y * car.v_y) +
           0.5 * kGt.yaw_inertia * car.yaw_rate * car.yaw_rate;
}

constexpr double State::* kFields[] = {&State::x,        &State::y,     &State::cos_yaw,
                                       &State::sin_yaw,  &State::v_x,   &State::v_y,
                                       &State::yaw_rate, &State::steer, &State::a_x};

template <int W>
void test_lanes() {
    using Wide = Lanes<double, W>;
    constexpr Wide CarState<Wide>::* kWideFields[] = {
        &CarState<Wide>::x,        &CarState<Wide>::y,     &CarState<Wide>::cos_yaw,
        &CarState<Wide>::sin_yaw,  &CarState<Wide>::v_x,   &CarState<Wide>::v_y,
        &CarState<Wide>::yaw_rate, &CarState<Wide>::steer, &CarState<Wide>::a_x};
    Random random(W);
    State cars[W];
    CarState<Wide> wide;
    for (int lane = 0; lane < W; ++lane) {
        cars[lane] = rolling(random.next(0.0, 90.0));
        for (std::size_t f = 0; f < std::size(kFields); ++f) {
            (wide.*kWideFields[f]).set(lane, cars[lane].*kFields[f]);
        }
    }
    int differences = 0;
    for (int t = 0; t < 2000; ++t) {
        CarInputs<Wide> wide_inputs;
        for (int lane = 0; lane < W; ++lane) {
            const Inputs inputs = random_inputs(random);
            wide_inputs.steer_target.set(lane, inputs.steer_target);
            wide_inputs.throttle.set(lane, inputs.throttle);
            wide_inputs.brake.set(lane, inputs.brake);
            wide_inputs.grip_front.set(lane, inputs.grip_front);
            wide_inputs.grip_rear.set(lane, inputs.grip_rear);
            wide_inputs.surface_drag.set(lane, inputs.surface_drag);
            tick(cars[lane], inputs);
        }
        racer::RACER_ISA::integrate_tick(kGt, wide, wide_inputs);
        for (int lane = 0; lane < W; ++lane) {
            for (std::size_t f = 0; f < std::size(kFields); ++f) {
                const double a = (wide.*kWideFields[f])[lane];
                const double b = cars[lane].*kFields[f];
                differences += std::memcmp(&a, &b, sizeof a) == 0 ? 0 : 1;
            }
        }
    }
    CHECK(differences == 0);
}

// Two cars at once drive as each does alone.
void test_pair() {
    Random random(4);
    State alone[2] = {rolling(20.0), rolling(70.0)};
    State first = alone[0];
    State second = alone[1];
    int differences = 0;
    for (int t = 0; t < 2000; ++t) {
        const Inputs inputs[2] = {random_inputs(random), random_inputs(random)};
        for (int i = 0; i < 2; ++i) tick(alone[i], inputs[i]);
        racer::RACER_ISA::integrate_tick(kGt, first, inputs[0], second, inputs[1]);
        differences += std::memcmp(&first, &alone[0], sizeof first) == 0 ? 0 : 1;
        differences += std::memcmp(&second, &alone[1], sizeof second) == 0 ? 0 : 1;
    }
    CHECK(differences == 0);
}

// The bits of a long drive: the same for every compiler, optimisation level and instruction set.
// They change with the physics, and then the physics version must change too.
void test_golden() {
    Random random(12);
    std::uint64_t hash = 14695981039346656037U;
    State car = rolling(0.0);
    Inputs inputs{};
    for (int t = 0; t < 20000; ++t) {
        if (t % 12 == 0) inputs = random_inputs(random);
        tick(car, inputs);
        for (const auto field : kFields) {
            std::uint64_t bits = 0;
            std::memcpy(&bits, &(car.*field), sizeof bits);
            hash = (hash ^ bits) * 1099511628211U;
        }
    }
    CHECK(hash == 0x2a99a13099896a2fU);
}

// A car seen in a mirror drives the mirrored line, to the last bit.
void test_mirror() {
    Random random(5);
    State left = rolling(30.0);
    State right = left;
    int differences = 0;
    for (int t = 0; t < 3000; ++t) {
        const Inputs inputs = random_inputs(random);
        Inputs mirrored = inputs;
        mirrored.steer_target = -inputs.steer_target;
        tick(left, inputs);
        tick(right, mirrored);
        differences += left.x == right.x && left.y == -right.y && left.v_x == right.v_x &&
                               left.v_y == -right.v_y && left.yaw_rate == -right.yaw_rate &&
                               left.steer == -right.steer && left.a_x == right.a_x
                           ? 0
                           : 1;
    }
    CHECK(differences == 0);
}

// Where the car starts and which way it points changes nothing but the frame.
void test_frame() {
    Random random(6);
    State a = rolling(40.0);
    State b = a;
    const double angle = 0.7;
    b.x = 300.0;
    b.y = -200.0;
    b.cos_yaw = std::cos(angle);
    b.sin_yaw = std::sin(angle);
    for (int t = 0; t < 300; ++t) {
        const Inputs inputs = random_inputs(random);
        tick(a, inputs);
        tick(b, inputs);
    }
    CHECK_NEAR(b.x, 300.0 + a.x * std::cos(angle) - a.y * std::sin(angle), 1e-6);
    CHECK_NEAR(b.y, -200.0 + a.x * std::sin(angle) + a.y * std::cos(angle), 1e-6);
    CHECK(a.v_x == b.v_x && a.v_y == b.v_y && a.yaw_rate == b.yaw_rate);
}

// Without drive no tick adds energy, whatever the steering does and however the car slides.
void test_energy() {
    Random random(7);
    for (int run = 0; run < 200; ++run) {
        State car = rolling(random.next(0.0, 90.0));
        car.v_y = random.next() < 0.5 ? random.next(-20.0, 20.0) : 0.0;
        car.yaw_rate = random.next() < 0.5 ? random.next(-3.0, 3.0) : 0.0;
        Inputs inputs{};
        for (int t = 0; t < 600; ++t) {
            if (t % 20 == 0) inputs = random_inputs(random);
            inputs.throttle = 0.0;
            const double before = energy(car);
            tick(car, inputs);
            CHECK(energy(car) <= before * (1.0 + 1e-9) + 1e-3);
        }
    }
}

double capacity(double friction, double load, double grip) {
    const double reference = 0.5 * kGt.mass * kGravity;
    return grip * friction * (1.0 - kGt.load_sensitivity * (load / reference - 1.0)) * load;
}

// Loads add up to weight and downforce, no axle pushes more than its ellipse, pedals use at most
// their share of it.
void test_grip_limits() {
    Random random(8);
    State car = rolling(50.0);
    for (int t = 0; t < 20000; ++t) {
        const Inputs inputs = random_inputs(random);
        for (int i = 0; i < 5; ++i) tick(car, inputs);
        const CarForces<double> f = racer::RACER_ISA::forces(kGt, car, inputs);
        const double downforce = 0.5 * kGt.air_density * kGt.downforce_area * car.v_x * car.v_x;
        CHECK_NEAR(f.load_front + f.load_rear, kGt.mass * kGravity + downforce, 1e-6);
        const double front = capacity(kGt.friction_front, f.load_front, inputs.grip_front);
        const double rear = capacity(kGt.friction_rear, f.load_rear, inputs.grip_rear);
        CHECK(std::hypot(f.front.longitudinal, f.front.lateral) <= front * (1.0 + 1e-9));
        CHECK(std::hypot(f.rear.longitudinal, f.rear.lateral) <= rear * (1.0 + 1e-9));
        CHECK(std::fabs(f.front.longitudinal) <= kGt.grip_use * front * (1.0 + 1e-9));
        CHECK(std::fabs(f.rear.longitudinal) <= kGt.grip_use * rear * (1.0 + 1e-9));
        if (t % 500 == 499) car = rolling(random.next(0.0, 90.0));
    }
}

void test_straight_line() {
    State car = rolling(0.0);
    double to_100 = 0.0;
    double to_200 = 0.0;
    for (int t = 1; t <= 3600; ++t) {
        tick(car, pedals(0.0, 1.0, 0.0));
        if (to_100 == 0.0 && car.v_x >= 100.0 / 3.6) to_100 = t * kTickSeconds;
        if (to_200 == 0.0 && car.v_x >= 200.0 / 3.6) to_200 = t * kTickSeconds;
    }
    CHECK_NEAR(to_100, 3.4, 0.15);
    CHECK_NEAR(to_200, 8.45, 0.3);
    CHECK_NEAR(car.v_x * 3.6, 288.0, 3.0);
    CHECK(car.y == 0.0 && car.v_y == 0.0 && car.yaw_rate == 0.0 && car.sin_yaw == 0.0);

    for (const auto& [from, metres] : {std::pair{100.0, 24.4}, std::pair{200.0, 87.0}}) {
        car = rolling(from / 3.6);
        for (int t = 0; t < 600; ++t) tick(car, pedals(0.0, 0.0, 1.0));
        CHECK_NEAR(car.x, metres, 0.03 * metres);
        CHECK(car.v_x == 0.0 && car.y == 0.0 && car.a_x == 0.0);
    }
}

// The highest lateral acceleration, in g, of a car that holds its speed while the steering closes.
double lateral_grip(double speed) {
    State car = rolling(speed);
    double best = 0.0;
    for (int t = 0; t < 1200 && car.v_x > speed - 1.0; ++t) {
        const Inputs inputs =
            pedals(0.18 * t / 1200, std::clamp(speed - car.v_x + 0.1, 0.0, 1.0), 0.0);
        tick(car, inputs);
        const CarForces<double> f = racer::RACER_ISA::forces(kGt, car, inputs);
        best = std::max(best, (f.v_y_rate + car.v_x * car.yaw_rate) / kGravity);
    }
    return best;
}

void test_cornering() {
    CHECK_NEAR(lateral_grip(100.0 / 3.6), 1.78, 0.06);
    CHECK_NEAR(lateral_grip(200.0 / 3.6), 2.18, 0.08);

    // Understeer gradient: what the steering needs beyond the geometry, per g.
    State car = rolling(40.0);
    for (int t = 0; t < 300; ++t) tick(car, pedals(0.02, 0.25, 0.0));
    const double curvature = car.yaw_rate / car.v_x;
    const double g = car.yaw_rate * car.v_x / kGravity;
    const double extra = car.steer - (kGt.cg_to_front + kGt.cg_to_rear) * curvature;
    CHECK(extra / g > 0.5 * kDegree && extra / g < 1.2 * kDegree);
}

// A step of steering, on the brakes or off them, does not throw the car off its line.
void test_stability() {
    int spins = 0;
    for (const double brake : {0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0}) {
        for (const double speed : {20.0, 30.0, 50.0, 70.0}) {
            for (double steer = 0.01; steer < 0.25; steer *= 1.15) {
                State car = rolling(speed);
                double worst = 0.0;
                for (int t = 0; t < 126 && speed_of(car) > 6.0; ++t) {
                    tick(car, pedals(t < 6 ? 0.0 : steer, 0.0, brake));
                    worst = std::max(worst, sideslip(car));
                }
                spins += worst > 25.0 * kDegree ? 1 : 0;
            }
        }
    }
    CHECK(spins <= 6);  // of 672, all by 0.1 rad or more held on light brakes

    // Full throttle out of a corner: traction control holds the rear.
    for (const double speed : {10.0, 20.0, 30.0, 50.0}) {
        for (double steer = 0.02; steer < kGt.max_steer; steer *= 1.2) {
            State car = rolling(speed);
            double worst = 0.0;
            for (int t = 0; t < 240; ++t) {
                tick(car, pedals(steer, t < 60 ? 0.2 : 1.0, 0.0));
                worst = std::max(worst, sideslip(car));
            }
            CHECK(worst < 20.0 * kDegree);
        }
    }
}

void test_steering() {
    State car = rolling(10.0);
    const double reach = kGt.steer_rate * kTickSeconds;
    double expected = 0.0;
    for (const double target : {0.3, -0.45, 2.0, 0.1001, 0.1, 0.0}) {
        const double goal = std::clamp(target, -kGt.max_steer, kGt.max_steer);
        for (int t = 0; t < 50; ++t) {
            tick(car, pedals(target, 0.1, 0.0));
            expected += std::clamp(goal - expected, -reach, reach);
            CHECK_NEAR(car.steer, expected, 1e-15);
        }
        CHECK_NEAR(car.steer, goal, 1e-15);
    }
    CHECK(car.steer == 0.0);
}

// Walking speed: the car starts, turns like a bicycle, stops, and stays where it stopped.
void test_rest() {
    State car = rolling(0.0);
    for (int t = 0; t < 60; ++t) tick(car, pedals(0.45, 0.0, 0.0));
    CHECK(car.x == 0.0 && car.y == 0.0 && car.v_x == 0.0 && car.yaw_rate == 0.0);
    for (int t = 0; t < 60; ++t) tick(car, pedals(0.45, 1.0, 1.0));
    CHECK(std::fabs(car.v_x) < 0.02);  // both pedals, full lock: held

    car = rolling(0.0);
    double last = 0.0;
    for (int t = 0; t < 300 && car.v_x < 1.9; ++t) {
        tick(car, pedals(0.3, 0.1, 0.0));
        CHECK(car.v_x > last);
        last = car.v_x;
    }
    const double path = std::tan(0.3) / (kGt.cg_to_front + kGt.cg_to_rear);
    CHECK_NEAR(car.yaw_rate, car.v_x * path, 0.06 * car.v_x * path);

    for (const double brake : {0.05, 0.3, 1.0}) {
        car = rolling(4.0);
        last = car.v_x;
        for (int t = 0; t < 600; ++t) {
            tick(car, pedals(0.2, 0.0, brake));
            CHECK(car.v_x >= 0.0 && car.v_x <= last);
            last = car.v_x;
        }
        CHECK(car.v_x == 0.0 && car.v_y == 0.0 && car.yaw_rate == 0.0 && car.a_x == 0.0);
        const State stopped = car;
        for (int t = 0; t < 60; ++t) tick(car, pedals(-0.2, 0.0, brake));
        CHECK(car.x == stopped.x && car.y == stopped.y && car.cos_yaw == stopped.cos_yaw);
    }
}

// A spin may carry the car backwards, but it ends at rest or forwards.
void test_spin() {
    for (double yaw_rate = 1.0; yaw_rate < 9.0; yaw_rate += 0.5) {
        for (const double speed : {10.0, 30.0, 60.0, 90.0}) {
            State car = rolling(speed);
            car.yaw_rate = yaw_rate;
            for (int t = 0; t < 1200; ++t) tick(car, pedals(0.0, 0.0, 0.2));
            CHECK(car.v_x >= 0.0);
            CHECK(speed_of(car) == 0.0);
        }
    }
}

// Whatever is done to the car, its numbers stay finite and within reason, and none is denormal.
void test_robustness() {
    Random random(9);
    for (int run = 0; run < 300; ++run) {
        State car = rolling(random.next(-20.0, 100.0));
        car.v_y = random.next(-60.0, 60.0);
        car.yaw_rate = random.next(-12.0, 12.0);
        car.steer = random.next(-0.45, 0.45);
        car.a_x = random.next(-40.0, 40.0);
        const int hold = 1 + static_cast<int>(random.next(0.0, 60.0));
        const double fastest = std::max(speed_of(car), 81.0) + 6.0;
        Inputs inputs{};
        for (int t = 0; t < 1200; ++t) {
            if (t % hold == 0) inputs = random_inputs(random);
            tick(car, inputs);
            for (const auto field : kFields) {
                CHECK(std::isfinite(car.*field));
                CHECK(std::fpclassify(car.*field) != FP_SUBNORMAL);
            }
            CHECK(speed_of(car) < fastest);
            CHECK(std::fabs(car.yaw_rate) < 16.0);
            CHECK_NEAR(car.cos_yaw * car.cos_yaw + car.sin_yaw * car.sin_yaw, 1.0, 1e-6);
        }
    }
}

void test_table() {
    CHECK(racer::find_vehicle("gt") == &kGt);
    CHECK(racer::find_vehicle("boat") == nullptr);
    const racer::VehicleEntry* entry = racer::find_vehicle_entry("gt");
    for (std::size_t i = 0; i < racer::kVehicleFields.size(); ++i) {
        CHECK(!racer::kVehicleFields[i].unit.empty() && !racer::kVehicleFields[i].meaning.empty());
        CHECK(!(*entry->rows)[i].source.empty());
        CHECK(kGt.*racer::kVehicleFields[i].member == (*entry->rows)[i].value);
    }
}

}  // namespace

int main() {
    test_lanes<2>();
    test_lanes<4>();
    test_lanes<8>();
    test_pair();
    test_golden();
    test_mirror();
    test_frame();
    test_energy();
    test_grip_limits();
    test_straight_line();
    test_cornering();
    test_stability();
    test_steering();
    test_rest();
    test_spin();
    test_robustness();
    test_table();
    return racer::test::report();
}
