// The highway: no allocation in a step, neighbours as a plain search finds them, and worlds that do
// not care which of their vehicles are controlled. That its bits are the same everywhere,
// test_determinism shows.
#include <cmath>
#include <stdexcept>
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "highway_scenarios.hpp"
#include "racer/random.hpp"
#include "traffic/neighbours.hpp"

using namespace racer;
using namespace racer::test;

namespace {

void test_allocation() {
    highway::BatchOptions options;
    options.worlds = 20;
    options.threads = 2;
    Highway scene(options, highway_config(kHighwayScenarios[0]));
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
        if (!RACER_ISA::traffic::on_lane(w, v, lane, 1.0)) continue;
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
    std::int32_t place[kCount];
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
    scratch.place = place;
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
        traffic::sort_by_s(w);
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

// The vehicle that takes the place of `i` when controlled vehicles come first in the world.
int renumbered(int i, const Controlled& controlled) {
    if (is_controlled(controlled, i)) return i - controlled.first;
    return i < controlled.first ? i + controlled.count : i;
}

bool same_vehicle(const highway::VehicleRecord& a, const highway::VehicleRecord& b) {
    bool same = true;
#define RACER_FIELD(type, name, unit, meaning) same = same && a.name == b.name;
    RACER_HIGHWAY_VEHICLE_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return same;
}

bool same_outcome(const highway::Outcome& a, const highway::Outcome& b) {
    bool same = true;
#define RACER_FIELD(type, name, unit, meaning) same = same && a.name == b.name;
    RACER_HIGHWAY_OUTCOME_FIELDS(RACER_FIELD)
#undef RACER_FIELD
    return same;
}

// What went on in two runs: how often it was compared, and what must have happened in between.
struct Compared {
    int vehicles = 0, crashes = 0, ends = 0;
};

// Drives worlds whose controlled vehicles come first, and worlds where they stand elsewhere; all
// but the numbers is the same, bit for bit.
Compared compare_numbering(const HighwayScenario& scenario, const highway::Config& config,
                           Controlled elsewhere) {
    highway::BatchOptions options;
    options.worlds = 4;
    options.autoreset = scenario.autoreset;
    options.seed = 5;
    options.controlled = {0, elsewhere.count};
    Highway first(options, config);
    options.controlled = elsewhere;
    Highway other(options, config);
    const int count = first.batch.context().vehicles_per_world;
    CHECK(count == config.vehicles_count + elsewhere.count);
    std::vector<highway::VehicleRecord> a(static_cast<std::size_t>(count));
    std::vector<highway::VehicleRecord> b(a.size());
    highway::WorldRecord record;
    Compared seen;
    for (std::uint64_t step = 0; step < 150; ++step) {
        for (int world = 0; world < options.worlds; ++world) {
            first.batch.snapshot(world, a.data(), &record);
            other.batch.snapshot(world, b.data(), &record);
            for (int i = 0; i < count; ++i) {
                const auto same_as = static_cast<std::size_t>(renumbered(i, elsewhere));
                CHECK(same_vehicle(b[static_cast<std::size_t>(i)], a[same_as]));
                seen.crashes += b[static_cast<std::size_t>(i)].crashed;
                ++seen.vehicles;
            }
            seen.ends +=
                first.batch.context().terminated[world] || first.batch.context().truncated[world];
            CHECK(first.ends[static_cast<std::size_t>(world)] ==
                  other.ends[static_cast<std::size_t>(world)]);
        }
        CHECK(first.observations == other.observations);
        CHECK(first.final_observations == other.final_observations);
        CHECK(first.rewards == other.rewards);
        CHECK(first.terms == other.terms);
        for (std::size_t k = 0; k < first.outcomes.size(); ++k) {
            CHECK(same_outcome(first.outcomes[k], other.outcomes[k]));
            CHECK(same_outcome(first.final_outcomes[k], other.final_outcomes[k]));
        }
        first.act(step);
        other.act(step);
        first.batch.step();
        other.batch.step();
    }
    return seen;
}

void test_any_vehicle_may_be_controlled() {
    Compared all;
    for (const HighwayScenario& scenario : kHighwayScenarios) {
        for (const Controlled elsewhere : {Controlled{7, 1}, Controlled{30, 1}, Controlled{3, 4}}) {
            for (const bool traffic_collisions : {true, false}) {
                highway::Config config = highway_config(scenario);
                config.traffic_collisions = traffic_collisions;
                const Compared seen = compare_numbering(scenario, config, elsewhere);
                all.vehicles += seen.vehicles;
                all.crashes += seen.crashes;
                all.ends += seen.ends;
            }
        }
    }
    CHECK(all.vehicles > 500'000);
    CHECK(all.crashes > 1000);
    CHECK(all.ends > 100);
}

// Vehicles in one place: who counts as ahead, and whose collision comes last, is a matter of rank.
void test_ties_do_not_follow_indices() {
    highway::BatchOptions options;
    options.autoreset = Autoreset::kDisabled;
    const highway::Config config = highway_config(kHighwayScenarios[0]);
    const Controlled elsewhere{9, 2};
    options.controlled = {0, elsewhere.count};
    Highway first(options, config);
    options.controlled = elsewhere;
    Highway other(options, config);
    const auto count = static_cast<std::size_t>(first.batch.context().vehicles_per_world);
    std::vector<highway::VehicleRecord> a(count);
    std::vector<highway::VehicleRecord> b(count);
    highway::WorldRecord record;
    int crashes = 0;
    for (std::uint64_t round = 0; round < 60; ++round) {
        first.batch.snapshot(0, a.data(), &record);
        record.time = 0.0;
        record.done = 0;
        for (std::size_t i = 0; i < count; ++i) {
            const auto draw = [&](std::uint64_t k) { return uniform(round, 4 * i + k); };
            a[i].x = 36.0 * static_cast<double>(static_cast<int>(10.0 * draw(0)));
            a[i].lane = a[i].target_lane = static_cast<std::int32_t>(4.0 * draw(1));
            a[i].y = 4.0 * a[i].lane;
            a[i].heading = 0.0;
            a[i].crashed = a[i].impact_pending = 0;
            a[i].speed = 20.0 + 5.0 * static_cast<double>(static_cast<int>(3.0 * draw(2)));
        }
        for (std::size_t i = 0; i < count; ++i) {
            b[i] = a[static_cast<std::size_t>(renumbered(static_cast<int>(i), elsewhere))];
        }
        first.batch.restore(0, a.data(), record);
        other.batch.restore(0, b.data(), record);
        CHECK(first.observations == other.observations);
        for (std::uint64_t step = 0; step < 5; ++step) {
            first.act(step);
            other.act(step);
            first.batch.step();
            other.batch.step();
        }
        first.batch.snapshot(0, a.data(), &record);
        other.batch.snapshot(0, b.data(), &record);
        for (std::size_t i = 0; i < count; ++i) {
            const int same_as = renumbered(static_cast<int>(i), elsewhere);
            CHECK(same_vehicle(b[i], a[static_cast<std::size_t>(same_as)]));
            crashes += b[i].crashed;
        }
        CHECK(first.observations == other.observations && first.rewards == other.rewards);
    }
    CHECK(crashes > 100);
}

// Each of several controlled vehicles follows its own actions and sees itself in its first row.
void test_several_are_controlled() {
    highway::Config config = highway_config(kHighwayScenarios[0]);
    config.absolute = true;
    config.normalize = false;
    config.vehicles_count = 7;
    highway::BatchOptions options;
    options.worlds = 2;
    options.controlled = {2, 3};
    options.autoreset = Autoreset::kDisabled;
    Highway road(options, config);
    const highway::StepContext& c = road.batch.context();
    CHECK(c.vehicles_per_world == 10);
    for (std::size_t agent = 0; agent < 6; ++agent) {
        road.actions[2 * agent] = 0.1F * static_cast<float>(agent) - 0.2F;
        road.actions[2 * agent + 1] = 0.0F;
    }
    road.batch.step();
    std::vector<highway::VehicleRecord> vehicles(10);
    highway::WorldRecord record;
    for (int world = 0; world < 2; ++world) {
        road.batch.snapshot(world, vehicles.data(), &record);
        for (int k = 0; k < 3; ++k) {
            const auto agent = static_cast<std::size_t>(3 * world + k);
            const highway::VehicleRecord& ego = vehicles[static_cast<std::size_t>(2 + k)];
            const float* row =
                c.observations + agent * static_cast<std::size_t>(c.observation_size);
            CHECK(row[1] == static_cast<float>(ego.x) && row[2] == static_cast<float>(ego.y));
            CHECK(road.outcomes[agent].x == ego.x && road.outcomes[agent].speed == ego.speed);
            const double wanted = 5.0 * static_cast<double>(road.actions[2 * agent]);
            CHECK(std::abs(ego.acceleration - wanted) < 1e-5);
        }
    }
}

// A vehicle that stands behind a wreck changes lane before an ego vehicle that is far behind,
// although nobody knows the speed that such a one wants.
void test_recovery_knows_who_is_controlled() {
    highway::Config config = highway_config(kHighwayScenarios[0]);
    config.lanes_count = 2;
    config.vehicles_count = 2;
    config.traffic_recovery = true;
    highway::BatchOptions options;
    options.controlled = {2, 1};
    Highway road(options, config);
    std::vector<highway::VehicleRecord> vehicles(3);
    highway::WorldRecord record;
    road.batch.snapshot(0, vehicles.data(), &record);
    highway::VehicleRecord& wreck = vehicles[0];
    highway::VehicleRecord& stuck = vehicles[1];
    highway::VehicleRecord& ego = vehicles[2];
    wreck.x = 200.0;
    wreck.crashed = 1;
    stuck.x = 192.0;
    stuck.timer = 2.0;
    ego.x = 60.0;
    wreck.speed = stuck.speed = 0.0;
    ego.speed = 20.0;
    wreck.lane = wreck.target_lane = stuck.lane = stuck.target_lane = 1;
    ego.lane = ego.target_lane = 0;
    for (highway::VehicleRecord& vehicle : vehicles) vehicle.y = 4.0 * vehicle.lane;
    road.batch.restore(0, vehicles.data(), record);
    road.act(0);
    road.batch.step();
    road.batch.snapshot(0, vehicles.data(), &record);
    CHECK(stuck.target_lane == 0);
}

void test_controlled_vehicles_must_be_in_the_world() {
    const highway::Config config = highway_config(kHighwayScenarios[0]);  // 30 of traffic
    for (const Controlled wrong : {Controlled{-1, 1}, Controlled{31, 1}, Controlled{0, 0}}) {
        highway::BatchOptions options;
        options.controlled = wrong;
        bool refused = false;
        try {
            const highway::Batch batch(options, config);
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    }
}

}  // namespace

int main() {
    test_allocation();
    test_neighbours();
    test_any_vehicle_may_be_controlled();
    test_ties_do_not_follow_indices();
    test_several_are_controlled();
    test_recovery_knows_who_is_controlled();
    test_controlled_vehicles_must_be_in_the_world();
    return report();
}
