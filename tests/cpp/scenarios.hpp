// Scenarios that tests, the determinism matrix and benchmarks share: a circuit written down here,
// so that no file and no library function can change it, and driving that depends on nothing but
// counters.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "racer/batch.hpp"
#include "racer/hash.hpp"
#include "racer/observation.hpp"
#include "racer/random.hpp"

namespace racer::test {

inline std::shared_ptr<const Track> circuit_through(std::span<const Point> points, double width,
                                                    const char* name) {
    std::vector<double> x, y;
    for (const Point& p : points) {
        x.push_back(p.x);
        y.push_back(p.y);
    }
    const std::vector<double> widths(points.size(), width);
    return std::make_shared<const Track>(build_track({x, y, widths, widths}, {.name = name}));
}

// A circuit of about 1.5 km with a straight, two hairpins and a chicane.
inline std::shared_ptr<const Track> scenario_track() {
    static constexpr std::array<Point, 28> kPoints = {{
        {0, 0},     {60, 0},    {120, 0},   {180, 0},   {240, 4},   {290, 22},  {318, 60},
        {310, 105}, {275, 130}, {228, 126}, {190, 100}, {150, 88},  {112, 104}, {96, 142},
        {110, 182}, {150, 206}, {205, 214}, {250, 240}, {262, 285}, {228, 318}, {170, 322},
        {105, 310}, {48, 284},  {4, 240},   {-32, 186}, {-58, 128}, {-70, 66},  {-48, 16},
    }};
    return circuit_through(kPoints, 5.5, "scenario");
}

// A ring so short that a kart laps it many times in a scenario.
inline std::shared_ptr<const Track> scenario_ring() {
    static constexpr std::array<Point, 12> kPoints = {{
        {20, 0},
        {17, 11},
        {9, 18},
        {-2, 20},
        {-14, 17},
        {-24, 9},
        {-26, -2},
        {-22, -12},
        {-12, -18},
        {0, -19},
        {11, -16},
        {18, -9},
    }};
    return circuit_through(kPoints, 4.0, "ring");
}

struct Scenario {
    std::string_view name;
    ActionKind action;
    ObservationKind observation;
    int ticks_per_action;
    int cars_per_world;
    StartKind start;
    Autoreset autoreset;
    double wildness;    // 0: steers along the road; 1: any action
    bool laps = false;  // a kart on the ring, and everything that is said is hashed
};

inline constexpr std::array kScenarios = {
    Scenario{"road_lidar", ActionKind::kPedals, ObservationKind::kLidar, 1, 1, StartKind::kRandom,
             Autoreset::kSameStep, 0.15},
    Scenario{"road_track", ActionKind::kAxis, ObservationKind::kTrack, 6, 1, StartKind::kMixed,
             Autoreset::kSameStep, 0.25},
    Scenario{"road_edges", ActionKind::kAxis, ObservationKind::kRoad, 3, 1, StartKind::kRandom,
             Autoreset::kSameStep, 0.3},
    Scenario{"wild", ActionKind::kPedals, ObservationKind::kLidar, 2, 1, StartKind::kRandom,
             Autoreset::kNextStep, 1.0},
    Scenario{"two_cars", ActionKind::kAxis, ObservationKind::kTrack, 1, 2, StartKind::kStanding,
             Autoreset::kDisabled, 0.3},
    Scenario{"laps", ActionKind::kPedals, ObservationKind::kLidar, 10, 1, StartKind::kStanding,
             Autoreset::kSameStep, 0.1, true},
};

static_assert(std::ranges::all_of(kScenarios, [](const Scenario& scenario) {
    return observation_size(scenario.observation) > 9;  // the last column that steers, see below
}));

inline constexpr int kHashedWorlds = 64;
// Terms of the reward when the hashes were frozen: one that is added later changes none of them.
inline constexpr std::size_t kHashedTerms = 7;
static_assert(kHashedTerms <= kRewardTerms);

inline void add_record(Hash& hash, const CarRecord& record) {
#define RACER_FIELD(type, name, unit, meaning) hash.add(record.name);
    RACER_CAR_FIELDS(RACER_FIELD)
#undef RACER_FIELD
}

inline void add_lap(Hash& hash, const LapEvent& lap) {
    for (const int part : {static_cast<int>(lap.completed), static_cast<int>(lap.valid),
                           static_cast<int>(lap.standing), static_cast<int>(lap.reasons), lap.lap,
                           lap.finish_tick}) {
        hash.add(part);
    }
    for (const double time : {lap.time, lap.sectors[0], lap.sectors[1], lap.sectors[2]}) {
        hash.add(time);
    }
}

// Runs a scenario and hashes what the first kHashedWorlds worlds say: observations, rewards, ends
// and, at last, every state field; with `laps` also laps, terms of the reward, the last records of
// episodes, and the state every 50 steps. `batch_size` cuts the worlds into batches; one that is
// larger than kHashedWorlds runs more worlds and hashes the same ones. `laps_done`, if wanted,
// counts the laps that were hashed.
inline std::uint64_t run_scenario(const Scenario& scenario, int steps, int batch_size, int threads,
                                  int* laps_done = nullptr) {
    const auto track = scenario.laps ? scenario_ring() : scenario_track();
    BatchConfig config;
    config.start.kind = scenario.start;
    config.episode.max_steps = scenario.laps ? 330 : 200;  // at an end, and between two ends
    config.weights.wheels_off_penalty = -0.001;
    config.weights.speed_bonus = 0.001;
    std::array<Hash, kHashedWorlds> said;
    for (int first = 0; first < kHashedWorlds; first += batch_size) {
        const int worlds =
            batch_size > kHashedWorlds ? batch_size : std::min(batch_size, kHashedWorlds - first);
        const int hashed = std::min(worlds, kHashedWorlds - first);
        const std::vector<std::int32_t> tracks(static_cast<std::size_t>(worlds), 0);
        BatchOptions options;
        options.worlds = worlds;
        options.cars_per_world = scenario.cars_per_world;
        options.ticks_per_action = scenario.ticks_per_action;
        options.action = scenario.action;
        options.observation = scenario.observation;
        options.autoreset = scenario.autoreset;
        options.threads = threads;
        const Vehicle& vehicle = *find_vehicle(scenario.laps ? "kart" : "gt");
        Batch batch(vehicle, {track}, tracks, options, config);

        StepContext& c = batch.context();
        const auto cars = static_cast<std::size_t>(batch.cars());
        const auto size = static_cast<std::size_t>(c.observation_size);
        std::vector<float> actions(cars * static_cast<std::size_t>(c.action_size));
        std::vector<float> observations(cars * size), final_observations(cars * size);
        std::vector<float> rewards(cars), terms(cars * kRewardTerms);
        std::vector<LapEvent> laps(cars);
        std::vector<CarRecord> records(cars);
        const auto ends = std::make_unique<bool[]>(2 * static_cast<std::size_t>(worlds));
        c.actions = actions.data();
        c.observations = observations.data();
        c.final_observations = final_observations.data();
        c.rewards = rewards.data();
        c.reward_terms = terms.data();
        c.lap_events = laps.data();
        c.final_records = records.data();
        c.terminated = ends.get();
        c.truncated = ends.get() + worlds;

        std::vector<std::uint64_t> seeds;
        for (int w = 0; w < worlds; ++w) {
            seeds.push_back(split_seed(11, static_cast<std::uint64_t>(first + w)));
        }
        batch.reset({}, seeds);
        const int k = scenario.cars_per_world;
        for (int step = 0; step < steps; ++step) {
            for (std::size_t car = 0; car < cars; ++car) {
                const auto id =
                    static_cast<std::uint64_t>(first) * static_cast<std::uint64_t>(k) + car;
                const std::uint64_t key = split_seed(id, static_cast<std::uint64_t>(step / 12));
                const auto wild = [&](std::uint64_t i) {
                    return scenario.wildness * (2.0 * uniform(key, i) - 1.0);
                };
                // Towards the centre line, with rays: more room on the left means steer left.
                const float* row = observations.data() + car * size;
                const double room = static_cast<double>(row[5]) - static_cast<double>(row[3]);
                const double slow = 0.35 - static_cast<double>(row[9]);
                float* out = actions.data() + car * static_cast<std::size_t>(c.action_size);
                out[0] = static_cast<float>(2.5 * room + wild(0));
                const double drive = 4.0 * slow + wild(1);
                out[1] = static_cast<float>(drive);
                if (c.action_size == 3) out[2] = static_cast<float>(-drive);
            }
            batch.step();
            for (int w = 0; w < hashed; ++w) {
                Hash& hash = said[static_cast<std::size_t>(first + w)];
                for (int i = 0; i < k; ++i) {
                    const auto car = static_cast<std::size_t>(w * k + i);
                    for (std::size_t j = 0; j < size; ++j) hash.add(observations[car * size + j]);
                    hash.add(rewards[car]);
                    hash.add(laps[car].time);
                    if (!scenario.laps) continue;
                    if (laps_done != nullptr) *laps_done += laps[car].completed;
                    add_lap(hash, laps[car]);
                    for (std::size_t j = 0; j < kHashedTerms; ++j) {
                        hash.add(terms[car * kRewardTerms + j]);
                    }
                    if (c.terminated[w] || c.truncated[w]) add_record(hash, records[car]);
                }
                if (scenario.laps && step % 50 == 49) hash.add(batch.state_hash(w));
                hash.add(static_cast<int>(c.terminated[w]) + 2 * static_cast<int>(c.truncated[w]));
            }
        }
        for (int w = 0; w < hashed; ++w) {
            said[static_cast<std::size_t>(first + w)].add(batch.state_hash(w));
        }
    }
    Hash all;
    for (const Hash& hash : said) all.add(hash.value());
    return all.value();
}

}  // namespace racer::test
