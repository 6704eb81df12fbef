// The car's physics: bits, symmetry, energy, grip limits, figures of its class, rest and
// robustness.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <utility>

#include "check.hpp"
#include "circuit/action.hpp"
#include "circuit/dynamics.hpp"
#include "racer/vehicle.hpp"

namespace {

using racer::kGravity;
using racer::kTickSeconds;
using racer::Vehicle;
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

Inputs pedals(double steer, double throttle, double brake) {
    return {steer, throttle, brake, 1.0, 1.0, 0.0};
}

Inputs random_inputs(const Vehicle& v, Random& random) {
    const double axis = random.next(-1.0, 1.0);
    const double lock = random.next() < 0.5 ? 0.1 * v.max_steer : v.max_steer;
    Inputs inputs = pedals(random.next(-lock, lock), std::max(axis, 0.0), std::max(-axis, 0.0));
    if (random.next() < 0.1) inputs.throttle = inputs.brake = 1.0;
    inputs.grip_front = random.next() < 0.2 ? v.grass_grip : 1.0;
    inputs.grip_rear = random.next() < 0.2 ? v.grass_grip : 1.0;
    inputs.surface_drag = random.next() < 0.2 ? v.grass_drag : 0.0;
    return inputs;
}

void tick(const Vehicle& v, State& car, const Inputs& inputs) {
    racer::RACER_ISA::integrate_tick(v, car, inputs);
}

double speed_of(const State& car) { return std::hypot(car.v_x, car.v_y); }

double sideslip(const State& car) { return std::fabs(std::atan2(car.v_y, car.v_x)); }

double energy(const Vehicle& v, const State& car) {
    return 0.5 * v.mass * (car.v_x * car.v_x + car.v_y * car.v_y) +
           0.5 * v.yaw_inertia * car.yaw_rate * car.yaw_rate;
}

// What a vehicle does, in the units of its class's data sheets; 0 where it does not get so fast.
struct Figures {
    const Vehicle* vehicle;
    double to_100, to_200;                     // s
    double top_speed;                          // km/h
    double from_100, from_200;                 // m, braking distances
    double lateral_100, lateral_200;           // g, holding 100 and 200 km/h
    double understeer_speed;                   // m/s, where the next is taken
    double least_understeer, most_understeer;  // degrees per g
    int spins;                                 // of 840 steps of steering (test_stability)
};

constexpr Figures kFigures[] = {
    {&racer::kGt, 3.4, 8.45, 288.0, 24.4, 87.0, 1.78, 2.18, 40.0, 0.5, 1.2, 9},
    {&racer::kFormula, 3.1, 7.4, 282.0, 25.2, 88.0, 1.79, 2.37, 40.0, 0.3, 1.0, 0},
    {&racer::kKart, 4.9, 0.0, 132.0, 26.0, 0.0, 1.95, 0.0, 25.0, 0.8, 2.5, 25},
};

constexpr double State::* kFields[] = {&State::x,        &State::y,     &State::cos_yaw,
                                       &State::sin_yaw,  &State::v_x,   &State::v_y,
                                       &State::yaw_rate, &State::steer, &State::a_x};

template <int W>
void test_lanes(const Vehicle& v) {
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
            const Inputs inputs = random_inputs(v, random);
            wide_inputs.steer_target.set(lane, inputs.steer_target);
            wide_inputs.throttle.set(lane, inputs.throttle);
            wide_inputs.brake.set(lane, inputs.brake);
            wide_inputs.grip_front.set(lane, inputs.grip_front);
            wide_inputs.grip_rear.set(lane, inputs.grip_rear);
            wide_inputs.surface_drag.set(lane, inputs.surface_drag);
            tick(v, cars[lane], inputs);
        }
        racer::RACER_ISA::integrate_tick(v, wide, wide_inputs);
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
void test_pair(const Vehicle& v) {
    Random random(4);
    State alone[2] = {rolling(20.0), rolling(70.0)};
    State first = alone[0];
    State second = alone[1];
    int differences = 0;
    for (int t = 0; t < 2000; ++t) {
        const Inputs inputs[2] = {random_inputs(v, random), random_inputs(v, random)};
        for (int i = 0; i < 2; ++i) tick(v, alone[i], inputs[i]);
        racer::RACER_ISA::integrate_tick(v, first, inputs[0], second, inputs[1]);
        differences += std::memcmp(&first, &alone[0], sizeof first) == 0 ? 0 : 1;
        differences += std::memcmp(&second, &alone[1], sizeof second) == 0 ? 0 : 1;
    }
    CHECK(differences == 0);
}

// The bits of a long drive: the same for every compiler, optimisation level and instruction set.
// They change with the physics, and then the physics version must change too.
void test_golden(const Vehicle& v) {
    Random random(12);
    std::uint64_t hash = 14695981039346656037U;
    State car = rolling(0.0);
    Inputs inputs{};
    for (int t = 0; t < 20000; ++t) {
        if (t % 12 == 0) inputs = random_inputs(v, random);
        tick(v, car, inputs);
        for (const auto field : kFields) {
            std::uint64_t bits = 0;
            std::memcpy(&bits, &(car.*field), sizeof bits);
            hash = (hash ^ bits) * 1099511628211U;
        }
    }
    CHECK(hash == 0x2a99a13099896a2fU);
}

// A car seen in a mirror drives the mirrored line, to the last bit.
void test_mirror(const Vehicle& v) {
    Random random(5);
    State left = rolling(30.0);
    State right = left;
    int differences = 0;
    for (int t = 0; t < 3000; ++t) {
        const Inputs inputs = random_inputs(v, random);
        Inputs mirrored = inputs;
        mirrored.steer_target = -inputs.steer_target;
        tick(v, left, inputs);
        tick(v, right, mirrored);
        differences += left.x == right.x && left.y == -right.y && left.v_x == right.v_x &&
                               left.v_y == -right.v_y && left.yaw_rate == -right.yaw_rate &&
                               left.steer == -right.steer && left.a_x == right.a_x
                           ? 0
                           : 1;
    }
    CHECK(differences == 0);
}

// Where the car starts and which way it points changes nothing but the frame.
void test_frame(const Vehicle& v) {
    Random random(6);
    State a = rolling(40.0);
    State b = a;
    const double angle = 0.7;
    b.x = 300.0;
    b.y = -200.0;
    b.cos_yaw = std::cos(angle);
    b.sin_yaw = std::sin(angle);
    for (int t = 0; t < 300; ++t) {
        const Inputs inputs = random_inputs(v, random);
        tick(v, a, inputs);
        tick(v, b, inputs);
    }
    CHECK_NEAR(b.x, 300.0 + a.x * std::cos(angle) - a.y * std::sin(angle), 1e-6);
    CHECK_NEAR(b.y, -200.0 + a.x * std::sin(angle) + a.y * std::cos(angle), 1e-6);
    CHECK(a.v_x == b.v_x && a.v_y == b.v_y && a.yaw_rate == b.yaw_rate);
}

// Without drive no tick adds energy, whatever the steering does and however the car slides.
void test_energy(const Vehicle& v) {
    Random random(7);
    for (int run = 0; run < 200; ++run) {
        State car = rolling(random.next(0.0, 90.0));
        car.v_y = random.next() < 0.5 ? random.next(-20.0, 20.0) : 0.0;
        car.yaw_rate = random.next() < 0.5 ? random.next(-3.0, 3.0) : 0.0;
        Inputs inputs{};
        for (int t = 0; t < 600; ++t) {
            if (t % 20 == 0) inputs = random_inputs(v, random);
            inputs.throttle = 0.0;
            const double before = energy(v, car);
            tick(v, car, inputs);
            CHECK(energy(v, car) <= before * (1.0 + 1e-9) + 1e-3);
        }
    }
}

double capacity(const Vehicle& v, double friction, double load, double grip) {
    const double reference = 0.5 * v.mass * kGravity;
    return grip * friction * (1.0 - v.load_sensitivity * (load / reference - 1.0)) * load;
}

// Loads add up to weight and downforce, no axle pushes more than its ellipse, pedals use at most
// their share of it.
void test_grip_limits(const Vehicle& v) {
    Random random(8);
    State car = rolling(50.0);
    for (int t = 0; t < 20000; ++t) {
        const Inputs inputs = random_inputs(v, random);
        for (int i = 0; i < 5; ++i) tick(v, car, inputs);
        const CarForces<double> f = racer::RACER_ISA::forces(v, car, inputs);
        const double downforce = 0.5 * v.air_density * v.downforce_area * car.v_x * car.v_x;
        CHECK_NEAR(f.load_front + f.load_rear, v.mass * kGravity + downforce, 1e-6);
        const double front = capacity(v, v.friction_front, f.load_front, inputs.grip_front);
        const double rear = capacity(v, v.friction_rear, f.load_rear, inputs.grip_rear);
        CHECK(std::hypot(f.front.longitudinal, f.front.lateral) <= front * (1.0 + 1e-9));
        CHECK(std::hypot(f.rear.longitudinal, f.rear.lateral) <= rear * (1.0 + 1e-9));
        CHECK(std::fabs(f.front.longitudinal) <= v.grip_use * front * (1.0 + 1e-9));
        CHECK(std::fabs(f.rear.longitudinal) <= v.grip_use * rear * (1.0 + 1e-9));
        if (t % 500 == 499) car = rolling(random.next(0.0, 90.0));
    }
}

void test_straight_line(const Figures& figures) {
    const Vehicle& v = *figures.vehicle;
    State car = rolling(0.0);
    double to_100 = 0.0;
    double to_200 = 0.0;
    for (int t = 1; t <= 3600; ++t) {
        tick(v, car, pedals(0.0, 1.0, 0.0));
        if (to_100 == 0.0 && car.v_x >= 100.0 / 3.6) to_100 = t * kTickSeconds;
        if (to_200 == 0.0 && car.v_x >= 200.0 / 3.6) to_200 = t * kTickSeconds;
    }
    CHECK_NEAR(to_100, figures.to_100, 0.15);
    CHECK_NEAR(to_200, figures.to_200, 0.3);
    CHECK_NEAR(car.v_x * 3.6, figures.top_speed, 3.0);
    CHECK(car.y == 0.0 && car.v_y == 0.0 && car.yaw_rate == 0.0 && car.sin_yaw == 0.0);

    for (const auto& [from, metres] :
         {std::pair{100.0, figures.from_100}, std::pair{200.0, figures.from_200}}) {
        if (metres == 0.0) continue;
        car = rolling(from / 3.6);
        for (int t = 0; t < 600; ++t) tick(v, car, pedals(0.0, 0.0, 1.0));
        CHECK_NEAR(car.x, metres, 0.03 * metres);
        CHECK(car.v_x == 0.0 && car.y == 0.0 && car.a_x == 0.0);
    }
}

// The highest lateral acceleration, in g, of a car that holds its speed while the steering closes.
double lateral_grip(const Vehicle& v, double speed) {
    State car = rolling(speed);
    double best = 0.0;
    for (int t = 0; t < 1200 && car.v_x > speed - 1.0; ++t) {
        const Inputs inputs =
            pedals(0.18 * t / 1200, std::clamp(speed - car.v_x + 0.1, 0.0, 1.0), 0.0);
        tick(v, car, inputs);
        const CarForces<double> f = racer::RACER_ISA::forces(v, car, inputs);
        best = std::max(best, (f.v_y_rate + car.v_x * car.yaw_rate) / kGravity);
    }
    return best;
}

void test_cornering(const Figures& figures) {
    const Vehicle& v = *figures.vehicle;
    CHECK_NEAR(lateral_grip(v, 100.0 / 3.6), figures.lateral_100, 0.06);
    if (figures.lateral_200 > 0.0) {
        CHECK_NEAR(lateral_grip(v, 200.0 / 3.6), figures.lateral_200, 0.08);
    }

    // Understeer gradient: what the steering needs beyond the geometry, per g.
    State car = rolling(figures.understeer_speed);
    for (int t = 0; t < 300; ++t) tick(v, car, pedals(0.02, 0.25, 0.0));
    const double curvature = car.yaw_rate / car.v_x;
    const double g = car.yaw_rate * car.v_x / kGravity;
    const double extra = car.steer - (v.cg_to_front + v.cg_to_rear) * curvature;
    CHECK(extra / g > figures.least_understeer * kDegree);
    CHECK(extra / g < figures.most_understeer * kDegree);
}

// The largest sideslip of a car that rolls straight, then holds a steering angle.
double worst_sideslip(const Vehicle& v, double speed, double steer, double brake) {
    State car = rolling(speed);
    double worst = 0.0;
    for (int t = 0; t < 126 && speed_of(car) > 6.0; ++t) {
        tick(v, car, pedals(t < 6 ? 0.0 : steer, 0.0, brake));
        worst = std::max(worst, sideslip(car));
    }
    return worst;
}

constexpr double kBrakes[] = {0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0};
constexpr double kSpin = 25.0 * kDegree;

// A step of steering as large as the axis action can ask for, on the brakes or off them, hardly
// ever throws the car off its line; nor does full throttle out of a corner.
void test_stability(const Figures& figures) {
    const Vehicle& v = *figures.vehicle;
    const double top_speed = figures.top_speed / 3.6;
    constexpr int kSteps = 20;
    const auto reach = [&v](double speed) {
        return racer::RACER_ISA::steering_share(v, speed) * v.max_steer;
    };
    int spins = 0;
    for (const double brake : kBrakes) {
        for (const double share : {0.15, 0.25, 0.35, 0.5, 0.7, 0.9}) {
            const double speed = share * top_speed;
            for (int i = 1; i <= kSteps; ++i) {
                const double steer = reach(speed) * i / kSteps;
                spins += worst_sideslip(v, speed, steer, brake) > kSpin ? 1 : 0;
            }
        }
    }
    CHECK(spins <= figures.spins);

    for (const double share : {0.15, 0.25, 0.35, 0.5, 0.7}) {
        for (int i = 1; i <= kSteps; ++i) {
            State car = rolling(share * top_speed);
            const double steer = reach(car.v_x) * i / kSteps;
            double worst = 0.0;
            for (int t = 0; t < 240; ++t) {
                const double asked = std::min(steer, reach(car.v_x));
                tick(v, car, pedals(asked, t < 60 ? 0.2 : 1.0, 0.0));
                worst = std::max(worst, sideslip(car));
            }
            CHECK(worst < 12.0 * kDegree);
        }
    }
}

// The default car holds even a lock held by force: any step up to 0.25 rad at any speed.
void test_stability_of_gt() {
    const Vehicle& v = racer::kGt;
    int spins = 0;
    for (const double brake : kBrakes) {
        for (const double speed : {20.0, 30.0, 50.0, 70.0}) {
            for (double steer = 0.01; steer < 0.25; steer *= 1.15) {
                spins += worst_sideslip(v, speed, steer, brake) > kSpin ? 1 : 0;
            }
        }
    }
    CHECK(spins <= 6);  // of 672, all by 0.1 rad or more held on light brakes

    // Full throttle out of a corner: traction control holds the rear.
    for (const double speed : {10.0, 20.0, 30.0, 50.0}) {
        for (double steer = 0.02; steer < v.max_steer; steer *= 1.2) {
            State car = rolling(speed);
            double worst = 0.0;
            for (int t = 0; t < 240; ++t) {
                tick(v, car, pedals(steer, t < 60 ? 0.2 : 1.0, 0.0));
                worst = std::max(worst, sideslip(car));
            }
            CHECK(worst < 20.0 * kDegree);
        }
    }
}

void test_steering(const Vehicle& v) {
    State car = rolling(10.0);
    const double reach = v.steer_rate * kTickSeconds;
    double expected = 0.0;
    for (const double target : {0.3, -0.45, 2.0, 0.1001, 0.1, 0.0}) {
        const double goal = std::clamp(target, -v.max_steer, v.max_steer);
        for (int t = 0; t < 50; ++t) {
            tick(v, car, pedals(target, 0.1, 0.0));
            expected += std::clamp(goal - expected, -reach, reach);
            CHECK_NEAR(car.steer, expected, 1e-15);
        }
        CHECK_NEAR(car.steer, goal, 1e-15);
    }
    CHECK(car.steer == 0.0);
}

// Walking speed: the car starts, turns like a bicycle, stops, and stays where it stopped.
void test_rest(const Vehicle& v) {
    State car = rolling(0.0);
    for (int t = 0; t < 60; ++t) tick(v, car, pedals(0.45, 0.0, 0.0));
    CHECK(car.x == 0.0 && car.y == 0.0 && car.v_x == 0.0 && car.yaw_rate == 0.0);
    for (int t = 0; t < 60; ++t) tick(v, car, pedals(0.45, 1.0, 1.0));
    CHECK(std::fabs(car.v_x) < 0.03);  // both pedals, full lock: held

    car = rolling(0.0);
    double last = 0.0;
    for (int t = 0; t < 300 && car.v_x < 1.9; ++t) {
        tick(v, car, pedals(0.3, 0.1, 0.0));
        CHECK(car.v_x > last);
        last = car.v_x;
    }
    const double path = std::tan(0.3) / (v.cg_to_front + v.cg_to_rear);
    CHECK_NEAR(car.yaw_rate, car.v_x * path, 0.06 * car.v_x * path);

    for (const double brake : {0.05, 0.3, 1.0}) {
        car = rolling(4.0);
        last = car.v_x;
        for (int t = 0; t < 600; ++t) {
            tick(v, car, pedals(0.2, 0.0, brake));
            CHECK(car.v_x >= 0.0 && car.v_x <= last);
            last = car.v_x;
        }
        CHECK(car.v_x == 0.0 && car.v_y == 0.0 && car.yaw_rate == 0.0 && car.a_x == 0.0);
        const State stopped = car;
        for (int t = 0; t < 60; ++t) tick(v, car, pedals(-0.2, 0.0, brake));
        CHECK(car.x == stopped.x && car.y == stopped.y && car.cos_yaw == stopped.cos_yaw);
    }
}

// A spin may carry the car backwards, but it ends at rest or forwards.
void test_spin(const Vehicle& v) {
    for (double yaw_rate = 1.0; yaw_rate < 9.0; yaw_rate += 0.5) {
        for (const double speed : {10.0, 30.0, 60.0, 90.0}) {
            State car = rolling(speed);
            car.yaw_rate = yaw_rate;
            for (int t = 0; t < 1200; ++t) tick(v, car, pedals(0.0, 0.0, 0.2));
            CHECK(car.v_x >= 0.0);
            CHECK(speed_of(car) == 0.0);
        }
    }
}

// Whatever is done to the car, its numbers stay finite and within reason, and none is denormal.
void test_robustness(const Figures& figures) {
    const Vehicle& v = *figures.vehicle;
    const double top_speed = figures.top_speed / 3.6;
    Random random(9);
    for (int run = 0; run < 300; ++run) {
        State car = rolling(random.next(-0.25, 1.25) * top_speed);
        car.v_y = random.next(-0.75, 0.75) * top_speed;
        car.yaw_rate = random.next(-12.0, 12.0);
        car.steer = random.next(-0.45, 0.45);
        car.a_x = random.next(-40.0, 40.0);
        const int hold = 1 + static_cast<int>(random.next(0.0, 60.0));
        const double fastest = std::max(speed_of(car), top_speed) + 7.0;
        Inputs inputs{};
        for (int t = 0; t < 1200; ++t) {
            if (t % hold == 0) inputs = random_inputs(v, random);
            tick(v, car, inputs);
            for (const auto field : kFields) {
                CHECK(std::isfinite(car.*field));
                CHECK(std::fpclassify(car.*field) != FP_SUBNORMAL);
            }
            CHECK(speed_of(car) < fastest);
            CHECK(std::fabs(car.yaw_rate) < 12.0 + 11.0 / (v.cg_to_front + v.cg_to_rear));
            CHECK_NEAR(car.cos_yaw * car.cos_yaw + car.sin_yaw * car.sin_yaw, 1.0, 1e-6);
        }
    }
}

void test_table() {
    CHECK(racer::find_vehicle("gt") == &racer::kGt);
    CHECK(racer::find_vehicle("formula") == &racer::kFormula);
    CHECK(racer::find_vehicle("kart") == &racer::kKart);
    CHECK(racer::find_vehicle("boat") == nullptr);
    CHECK(std::size(kFigures) == racer::kVehicles.size());
    for (const racer::VehicleField& field : racer::kVehicleFields) {
        CHECK(!field.unit.empty() && !field.meaning.empty());
    }
    for (const racer::VehicleEntry& entry : racer::kVehicles) {
        CHECK(racer::find_vehicle_entry(entry.vehicle->name)->rows == entry.rows);
        for (std::size_t i = 0; i < racer::kVehicleFields.size(); ++i) {
            const racer::VehicleValue& row = (*entry.rows)[i];
            CHECK(!row.source.empty());
            CHECK(entry.vehicle->*racer::kVehicleFields[i].member == row.value);
        }
    }
}

}  // namespace

// Another grip or mass: what follows from them follows, the tyres stay the same ones.
void test_changed(const Vehicle& v) {
    const Vehicle same = racer::changed(v, 1.0, 1.0);
    for (const racer::VehicleField& field : racer::kVehicleFields) {
        CHECK(same.*field.member == v.*field.member);
    }
    CHECK(same.capacity_front[1] == v.capacity_front[1]);
    CHECK(same.top_speed == v.top_speed);

    const Vehicle slippery = racer::changed(v, 0.9, 1.0);
    const Vehicle heavy = racer::changed(v, 1.0, 1.2);
    CHECK(slippery.mass == v.mass);
    CHECK(slippery.load_front == v.load_front);
    CHECK_NEAR(heavy.inverse_mass * v.mass, 1.0 / 1.2, 1e-12);
    CHECK_NEAR(heavy.inverse_inertia * v.yaw_inertia, 1.0 / 1.2, 1e-12);
    CHECK_NEAR(heavy.load_front / v.load_front, 1.2, 1e-12);
    CHECK_NEAR(heavy.load_rear / v.load_rear, 1.2, 1e-12);
    CHECK_NEAR(heavy.transfer / v.transfer, 1.2, 1e-12);
    CHECK(heavy.drag == v.drag);
    for (int i = 0; i < 2; ++i) {
        CHECK_NEAR(slippery.capacity_front[i] / v.capacity_front[i], 0.9, 1e-12);
        CHECK_NEAR(slippery.capacity_rear[i] / v.capacity_rear[i], 0.9, 1e-12);
        CHECK_NEAR(heavy.capacity_front[i] / v.capacity_front[i], 1.0, 1e-12);
        CHECK_NEAR(heavy.capacity_rear[i] / v.capacity_rear[i], 1.0, 1e-12);
    }
}

int main() {
    for (const racer::VehicleEntry& entry : racer::kVehicles) {
        const Vehicle& v = *entry.vehicle;
        test_lanes<2>(v);
        test_lanes<4>(v);
        test_lanes<8>(v);
        test_pair(v);
        test_mirror(v);
        test_frame(v);
        test_energy(v);
        test_grip_limits(v);
        test_steering(v);
        test_rest(v);
        test_spin(v);
        test_changed(v);
    }
    for (const Figures& figures : kFigures) {
        test_straight_line(figures);
        test_cornering(figures);
        test_stability(figures);
        test_robustness(figures);
    }
    test_stability_of_gt();
    test_golden(racer::kGt);
    test_table();
    return racer::test::report();
}
