// A step allocates nothing; neither do resets, snapshots and restores.
#include "allocations.hpp"
#include "check.hpp"
#include "outputs.hpp"
#include "scenarios.hpp"

using namespace racer;
using namespace racer::test;

int main() {
    for (const int threads : {1, 3}) {
        const std::vector<std::int32_t> tracks(100, 0);
        BatchOptions options;
        options.worlds = 100;
        options.observation = ObservationKind::kTrack;
        options.threads = threads;
        BatchConfig config;
        config.start.kind = StartKind::kRandom;
        config.episode.max_steps = 50;  // many resets
        Batch batch(*find_vehicle("gt"), {scenario_track()}, tracks, options, config);
        Outputs outputs(batch);
        batch.reset({}, {});
        CarRecord record;

        const std::size_t before = allocations;
        for (int i = 0; i < 500; ++i) {
            batch.step();
            batch.snapshot(i % 100, &record);
            batch.restore((i + 1) % 100, &record);
            batch.reset({}, {});
            (void)batch.state_hash(i % 100);
        }
        const std::size_t during = allocations - before;  // CHECK itself allocates
        CHECK(during == 0);
    }
    const std::size_t before = allocations;
    const std::vector<int> numbers(10);
    CHECK(allocations > before && numbers.size() == 10);  // the counter counts
    return report();
}
