// The highway: no allocation in a step, and neighbours as a plain search finds them. That its bits
// are the same everywhere, test_determinism shows.
#include <vector>

#include "allocations.hpp"
#include "check.hpp"
#include "highway_scenarios.hpp"
#include "racer/random.hpp"
#include "traffic/world.hpp"

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
    test_allocation();
    test_neighbours();
    return report();
}
