// Drives cars by every kind of nonsense and looks for a number that is not finite, a car beyond its
// walls, an observation out of bounds.
//
//   test_fuzz [ticks [seed]]     ticks are car-ticks, shared by the vehicles; the default is a
//   short
//                                run for the test suite
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "check.hpp"
#include "circuits.hpp"
#include "racer/batch.hpp"
#include "racer/observation.hpp"
#include "racer/random.hpp"

using namespace racer;
using namespace racer::test;

namespace {

// Strategies of a bad driver; each car changes its own from time to time.
float nonsense(std::uint64_t key, int axis, int step, int strategy) {
    const double u = uniform(key, static_cast<std::uint64_t>(axis));
    switch (strategy) {
        case 0:
            return static_cast<float>(2.0 * u - 1.0);  // noise
        case 1:
            return u < 0.5 ? -1.0F : 1.0F;  // bang-bang
        case 2:
            return axis == 1 ? 1.0F : (axis == 0 ? 0.02F : 0.0F);  // flat out
        case 3:
            return axis == 1 ? 1.0F : (axis == 0 ? 1.0F : 0.0F);  // doughnuts
        case 4:
            return axis == 2 ? 1.0F : static_cast<float>(2.0 * u - 1);  // on the brakes
        case 5:
            return (step / 20) % 2 == 0 ? 1.0F : -1.0F;  // slalom
        case 6:
            return std::numeric_limits<float>::quiet_NaN();
        default:
            return u < 0.5 ? std::numeric_limits<float>::infinity() : -1e30F;
    }
}

struct Outputs {
    std::vector<float> actions, observations, final_observations, rewards, terms;
    std::vector<LapEvent> laps;
    std::vector<CarRecord> records;
    std::unique_ptr<bool[]> ends;
};

using Tracks = std::vector<std::shared_ptr<const Track>>;

// Drives 256 cars of one vehicle for `wanted` car-ticks in all, and checks every one of them.
void fuzz(const Vehicle& vehicle, const Tracks& tracks, double wanted, std::uint64_t seed) {
    constexpr int kWorlds = 256;
    std::vector<std::int32_t> index;
    for (int w = 0; w < kWorlds; ++w) {
        index.push_back(w % static_cast<std::int32_t>(tracks.size()));
    }
    BatchOptions options;
    options.worlds = kWorlds;
    options.observation = ObservationKind::kTrack;
    options.seed = seed;
    BatchConfig config;
    config.start.kind = StartKind::kMixed;
    config.start.speed_high = 1.2;
    config.start.lateral_fraction = 1.0;
    config.start.heading_error = 1.5;
    config.episode.max_steps = 1200;
    config.episode.stillness_timeout_ticks = 600;
    Batch batch(vehicle, tracks, index, options, config);

    Outputs o;
    o.actions.resize(kWorlds * 3);
    o.observations.resize(kWorlds * kTrackSize);
    o.final_observations.resize(kWorlds * kTrackSize);
    o.rewards.resize(kWorlds);
    o.terms.resize(kWorlds * kRewardTerms);
    o.laps.resize(kWorlds);
    o.records.resize(kWorlds);
    o.ends = std::make_unique<bool[]>(2 * kWorlds);
    StepContext& c = batch.context();
    c.actions = o.actions.data();
    c.observations = o.observations.data();
    c.final_observations = o.final_observations.data();
    c.rewards = o.rewards.data();
    c.reward_terms = o.terms.data();
    c.lap_events = o.laps.data();
    c.final_records = o.records.data();
    c.terminated = o.ends.get();
    c.truncated = o.ends.get() + kWorlds;
    batch.reset({}, {});

    const auto begin = std::chrono::steady_clock::now();
    const auto steps = static_cast<std::int64_t>(wanted / kWorlds);
    double faults = 0.0, non_finite = 0.0, beyond_wall = 0.0, out_of_bounds = 0.0;
    double fastest = 0.0, hits = 0.0;
    for (std::int64_t step = 0; step < steps; ++step) {
        for (int car = 0; car < kWorlds; ++car) {
            const auto id = static_cast<std::uint64_t>(car);
            const std::uint64_t phase =
                split_seed(split_seed(seed, id), static_cast<std::uint64_t>(step / 90));
            const auto strategy = static_cast<int>(phase % 64 < 62 ? phase % 6 : 6 + phase % 2);
            const std::uint64_t key = split_seed(phase, static_cast<std::uint64_t>(step / 3));
            for (int axis = 0; axis < 3; ++axis) {
                o.actions[static_cast<std::size_t>(3 * car + axis)] =
                    nonsense(key, axis, static_cast<int>(step % 1000000), strategy);
            }
        }
        batch.step();
        for (int car = 0; car < kWorlds; ++car) {
            // A fault ends the episode, and the reset that follows takes it away: look at both.
            faults += c.cars.fault[car];
            if (c.terminated[car]) faults += c.final_records[car].fault;
            const Station& here =
                c.tracks[car]->stations[static_cast<std::size_t>(c.cars.station[car])];
            const double slack = 0.5;  // a step of a fast car into a wall that comes nearer
            if (!(c.cars.n[car] < here.wall_left + slack &&
                  c.cars.n[car] > -here.wall_right - slack)) {
                ++beyond_wall;
            }
            const double speed2 =
                c.cars.v_x[car] * c.cars.v_x[car] + c.cars.v_y[car] * c.cars.v_y[car];
            if (!(speed2 < 150.0 * 150.0)) ++non_finite;
            fastest = std::max(fastest, speed2);
            hits += c.cars.wall_contact[car];
        }
        for (std::size_t i = 0; i < o.observations.size(); ++i) {
            if (!(o.observations[i] >= -2.0F && o.observations[i] <= 2.0F)) ++out_of_bounds;
        }
        for (const float reward : o.rewards) non_finite += reward - reward == 0.0F ? 0.0 : 1.0;
    }
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf(
        "%.*s: %.3g car-ticks on %zu circuits in %.1f s, seed %llu: fastest %.1f m/s, %.0f ticks "
        "at a wall\n",
        static_cast<int>(vehicle.name.size()), vehicle.name.data(),
        static_cast<double>(steps) * kWorlds, tracks.size(), seconds,
        static_cast<unsigned long long>(seed), std::sqrt(fastest), hits);
    CHECK_NEAR(faults, 0.0, 0.0);
    CHECK_NEAR(non_finite, 0.0, 0.0);
    CHECK_NEAR(beyond_wall, 0.0, 0.0);
    CHECK_NEAR(out_of_bounds, 0.0, 0.0);
    CHECK(fastest > 30.0 * 30.0);  // the fuzzer reaches speed
    CHECK(hits > 0.0);             // and walls
}

}  // namespace

int main(int argc, char** argv) {
    const double wanted = argc > 1 ? std::atof(argv[1]) : 4e5;
    const auto seed = static_cast<std::uint64_t>(argc > 2 ? std::atoll(argv[2]) : 1);
    Tracks tracks;
    for (Track& track : all_circuits()) {
        tracks.push_back(std::make_shared<const Track>(std::move(track)));
    }
    for (const VehicleEntry& entry : kVehicles) {
        fuzz(*entry.vehicle, tracks, wanted / static_cast<double>(kVehicles.size()), seed);
    }
    return report();
}
