// Whose episode it is on a circuit: the controlled cars end it, wherever they stand in the world.
#include <stdexcept>

#include "check.hpp"
#include "outputs.hpp"
#include "scenarios.hpp"

using namespace racer;
using namespace racer::test;

namespace {

constexpr int kCars = 3;
constexpr int kTimeout = 60;  // ticks

struct End {
    bool terminated, truncated;
    int steps;  // until then, or all
};

// Three cars side by side: the first stands, the others drive at full throttle.
End drive(Controlled controlled, const BatchConfig& config) {
    BatchOptions options;
    options.cars_per_world = kCars;
    options.controlled = controlled;
    options.autoreset = Autoreset::kDisabled;
    const std::vector<std::int32_t> tracks(1, 0);
    Batch batch(*find_vehicle("gt"), {scenario_track()}, tracks, options, config);
    Outputs outputs(batch);
    batch.reset({}, {});
    for (std::size_t car = 0; car < kCars; ++car) {
        outputs.actions[3 * car] = 0.0F;
        outputs.actions[3 * car + 1] = car == 0 ? 0.0F : 1.0F;
        outputs.actions[3 * car + 2] = car == 0 ? 1.0F : 0.0F;
    }
    const StepContext& c = batch.context();
    for (int step = 1; step <= 1200; ++step) {
        batch.step();
        if (c.terminated[0] || c.truncated[0]) return {c.terminated[0], c.truncated[0], step};
    }
    return {false, false, 1200};
}

void test_a_car_that_stands_ends_its_own_episode() {
    BatchConfig config;
    config.episode.max_steps = 0;
    config.episode.stillness_timeout_ticks = kTimeout;
    const End stands = drive({0, 1}, config);
    CHECK(stands.terminated && stands.steps == kTimeout);
    CHECK(drive({0, 3}, config).steps == kTimeout);
    for (const Controlled controlled : {Controlled{1, 1}, Controlled{2, 1}, Controlled{1, 2}}) {
        const End drives = drive(controlled, config);  // until it lies in a wall for as long
        CHECK(drives.steps > 2 * kTimeout);
    }
}

void test_the_wall_of_a_controlled_car_counts() {
    BatchConfig config;
    config.episode.max_steps = 0;
    config.episode.stillness_timeout_ticks = 0;
    config.episode.terminate_on_wall = true;
    const End stands = drive({0, 1}, config);
    CHECK(!stands.terminated && stands.steps == 1200);
    const End second = drive({1, 1}, config);
    const End third = drive({2, 1}, config);
    CHECK(second.terminated && third.terminated);
    const End both = drive({1, 2}, config);
    CHECK(both.terminated && both.steps == std::min(second.steps, third.steps));
}

void test_time_is_up_for_any_car() {
    BatchConfig config;
    config.episode.max_steps = 40;
    for (int car = 0; car < kCars; ++car) {
        const End end = drive({car, 1}, config);
        CHECK(end.truncated && !end.terminated && end.steps == 40);
    }
}

void test_controlled_cars_must_be_in_the_world() {
    for (const Controlled wrong : {Controlled{-1, 1}, Controlled{3, 1}, Controlled{2, 2},
                                   Controlled{0, 0}, Controlled{1, 2147483647}}) {
        bool refused = false;
        try {
            (void)drive(wrong, BatchConfig());
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    }
}

}  // namespace

int main() {
    test_a_car_that_stands_ends_its_own_episode();
    test_the_wall_of_a_controlled_car_counts();
    test_time_is_up_for_any_car();
    test_controlled_cars_must_be_in_the_world();
    return report();
}
