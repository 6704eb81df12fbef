// The highway: the same bits from every compiler and instruction set, no allocation in a step, and
// neighbours as a plain search finds them.
#include <memory>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "racer/hash.hpp"
#include "racer/highway/batch.hpp"
#include "racer/highway/world.hpp"
#include "racer/random.hpp"

using namespace racer;
using namespace racer::test;

namespace {

// Another value means that the highway's bits have changed: every recorded episode is void.
constexpr std::uint64_t kGolden = 0xf34ae160bb4fec17ULL;

// What a Python binding would own.
struct Scene {
    highway::Batch batch;
    std::vector<float> actions, observations, final_observations;
    std::vector<std::int64_t> meta;
    std::vector<double> rewards, terms, base;
    std::unique_ptr<bool[]> ends;
    std::vector<highway::Outcome> outcomes, final_outcomes;

    Scene(const highway::BatchOptions& options, const highway::Config& config)
        : batch(options, config) {
        highway::StepContext& c = batch.context();
        const auto n = static_cast<std::size_t>(options.worlds);
        actions.resize(2 * n);
        meta.resize(n);
        observations.resize(n * static_cast<std::size_t>(c.observation_size));
        final_observations.resize(observations.size());
        rewards.resize(n);
        terms.resize(n * highway::kTerms);
        base.resize(n * highway::kBaseTerms);
        ends = std::make_unique<bool[]>(2 * n);
        outcomes.resize(n);
        final_outcomes.resize(n);
        c.actions = actions.data();
        c.meta_actions = meta.data();
        c.observations = observations.data();
        c.final_observations = final_observations.data();
        c.rewards = rewards.data();
        c.reward_terms = terms.data();
        c.base_terms = base.data();
        c.terminated = ends.get();
        c.truncated = ends.get() + n;
        c.outcomes = outcomes.data();
        c.final_outcomes = final_outcomes.data();
        batch.reset({}, {});
    }

    void act(std::uint64_t step) {
        for (std::size_t k = 0; k < meta.size(); ++k) {
            meta[k] = static_cast<std::int64_t>(5.0 * uniform(step, k));
            actions[2 * k] = static_cast<float>(2.0 * uniform(step, k) - 0.8);
            actions[2 * k + 1] = static_cast<float>(0.1 * uniform(step, k + 99) - 0.05);
        }
    }

    std::uint64_t run(int steps) {
        Hash hash;
        for (int i = 0; i < steps; ++i) {
            act(static_cast<std::uint64_t>(i));
            batch.step();
            for (int w = 0; w < batch.options().worlds; ++w) hash.add(batch.state_hash(w));
            for (const float value : observations) hash.add(value);
            for (const double value : rewards) hash.add(value);
        }
        return hash.value();
    }
};

highway::Config scene_config(highway::ActionKind action) {
    highway::Config config;
    config.action = action;
    config.vehicles_count = 30;
    config.vehicles_density = 1.5;
    config.policy_frequency = 5.0;
    config.duration = 15.0;
    config.safety_reward = -1.0;
    return config;
}

std::uint64_t golden(int threads) {
    highway::BatchOptions options;
    options.worlds = 5;
    options.threads = threads;
    options.seed = 42;
    Hash hash;
    for (const auto action : {highway::ActionKind::kContinuous, highway::ActionKind::kMeta}) {
        hash.add(Scene(options, scene_config(action)).run(150));
    }
    return hash.value();
}

void test_golden() {
    for (const Kernels* k : available_kernels()) {
        CHECK(select_kernels(k->name));
        for (const int threads : {1, 3}) {
            const std::uint64_t found = golden(threads);
            if (found != kGolden) std::printf("%s: %s\n", k->name.data(), to_hex(found).c_str());
            CHECK(found == kGolden);
        }
    }
}

void test_allocation() {
    highway::BatchOptions options;
    options.worlds = 20;
    options.threads = 2;
    Scene scene(options, scene_config(highway::ActionKind::kContinuous));
    std::vector<highway::VehicleRecord> vehicles(31);
    highway::WorldRecord record;
    const std::size_t before = allocations;
    for (int i = 0; i < 200; ++i) {
        scene.act(static_cast<std::uint64_t>(i));
        scene.batch.step();
        scene.batch.snapshot(i % 20, vehicles.data(), &record);
        scene.batch.restore((i + 1) % 20, vehicles.data(), record);
    }
    const std::size_t during = allocations - before;  // CHECK itself allocates
    CHECK(during == 0);
}

// HighwayEnv's search: all vehicles in the order of the list.
RACER_ISA::traffic::Neighbours plain_search(const RACER_ISA::traffic::World& w, int lane, int who) {
    RACER_ISA::traffic::Neighbours found{-1, -1};
    for (int v = 0; v < w.count; ++v) {
        if (v == who) continue;
        if (!highway::on_lane(w.x[v], w.y[v] - highway::lane_centre(lane), 1.0)) continue;
        if (w.x[who] <= w.x[v] && (found.front < 0 || w.x[v] <= w.x[found.front])) found.front = v;
        if (w.x[v] < w.x[who] && (found.rear < 0 || w.x[v] > w.x[found.rear])) found.rear = v;
    }
    return found;
}

void test_neighbours() {
    namespace traffic = RACER_ISA::traffic;
    constexpr int kCount = 40;
    constexpr int kLanes = 4;
    double x[kCount];
    double y[kCount];
    std::int32_t lane[kCount];
    std::int32_t order[kCount];
    std::int32_t lists[kLanes * kCount];
    std::int32_t counts[kLanes];
    std::int32_t front[kCount];
    std::int32_t rank[kCount];
    highway::Config config;
    traffic::World w;
    w.config = &config;
    w.count = w.stride = kCount;
    w.x = x;
    w.y = y;
    w.lane = lane;
    w.order = order;
    highway::Scratch scratch;
    scratch.lists = lists;
    scratch.counts = counts;
    scratch.front = front;
    scratch.rank = rank;
    for (std::uint64_t round = 0; round < 300; ++round) {
        for (int i = 0; i < kCount; ++i) {
            const auto draw = [&](std::uint64_t k) {
                return uniform(round, 4 * static_cast<std::uint64_t>(i) + k);
            };
            // Whole metres: many stand side by side. Some are beside the road or before it.
            x[i] = static_cast<double>(static_cast<int>(60.0 * draw(0)) - 10);
            y[i] = 24.0 * draw(1) - 6.0;
            lane[i] = static_cast<std::int32_t>(4.0 * draw(2));
            order[i] = i;
        }
        traffic::sort_by_x(w);
        traffic::list_lanes(w, scratch);
        for (int i = 0; i < kCount; ++i) {
            CHECK(front[i] == plain_search(w, lane[i], i).front);
            for (int l = 0; l < kLanes; ++l) {
                const auto expected = plain_search(w, l, i);
                const auto found = traffic::neighbours(w, scratch, l, i);
                CHECK(found.front == expected.front && found.rear == expected.rear);
            }
        }
    }
}

}  // namespace

int main() {
    test_golden();
    test_allocation();
    test_neighbours();
    return report();
}
