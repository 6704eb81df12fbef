// One hash per scenario, whatever the instruction set, the number of threads or the batch size.
//
//   test_determinism                     compares all of them with tests/golden.txt
//   test_determinism --print [KERNELS]   prints "scenario hash" lines, of these kernels if named
//   test_determinism --kernels           prints the names of the kernels of this build and machine
//   test_determinism --threads [STEPS]   many threads against one, for the thread sanitizer
//   test_determinism --write FILE        writes a new golden file; refuses to change the hashes
//                                        of a version that FILE holds already (raise
//                                        kPhysicsVersion)
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "check.hpp"
#include "highway_scenarios.hpp"
#include "racer/fingerprint.hpp"
#include "racer/instruction_set.hpp"
#include "scenarios.hpp"

#ifndef RACER_SOURCE_DIR
#define RACER_SOURCE_DIR "."
#endif

using namespace racer;
using namespace racer::test;

namespace {

constexpr int kSteps = 400;
constexpr int kHighwaySteps = 100;

void print(std::ostream& out) {
    out << "physics_version " << kPhysicsVersion << "\n";
    for (const VehicleEntry& entry : kVehicles) {
        out << "physics_" << entry.vehicle->name << " "
            << to_hex(physics_fingerprint(*entry.vehicle)) << "\n";
    }
    out << "track " << to_hex(scenario_track()->fingerprint) << "\n";
    out << "ring " << to_hex(scenario_ring()->fingerprint) << "\n";
    for (const Scenario& scenario : kScenarios) {
        out << scenario.name << " " << to_hex(run_scenario(scenario, kSteps, kHashedWorlds, 1))
            << "\n";
    }
    for (const HighwayScenario& scenario : kHighwayScenarios) {
        out << scenario.name << " "
            << to_hex(run_highway(scenario, kHighwaySteps, kHashedHighways, 1)) << "\n";
    }
}

std::map<std::string, std::string> read_golden(const std::string& path) {
    std::map<std::string, std::string> golden;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        std::istringstream words(line);
        std::string name, value;
        words >> name >> value;
        golden[name] = value;
    }
    return golden;
}

void expect(const std::map<std::string, std::string>& golden, const std::string& name,
            const std::string& value, const std::string& how) {
    const auto found = golden.find(name);
    const std::string wanted = found == golden.end() ? "nothing" : found->second;
    record(wanted == value, "tests/golden.txt", 0,
           name + " with " + how + ": " + value + ", golden is " + wanted);
}

// Writes the golden file. What a version's hashes are is settled when they are first written: the
// same version with other hashes is refused, and the file stays as it is. New names may be added.
int write_golden(const char* path) {
    std::ostringstream fresh;
    print(fresh);
    const auto written = read_golden(path);
    const auto version = written.find("physics_version");
    if (version != written.end() && version->second == std::to_string(kPhysicsVersion)) {
        std::istringstream lines(fresh.str());
        std::string changed;
        std::size_t kept = 0;
        for (std::string name, value; lines >> name >> value;) {
            const auto found = written.find(name);
            if (found == written.end()) continue;
            ++kept;
            if (found->second != value) changed += (changed.empty() ? "" : ", ") + name;
        }
        if (!changed.empty() || kept != written.size()) {
            std::cerr << path << " holds other hashes of physics version " << kPhysicsVersion
                      << " (" << (changed.empty() ? "names that are no more" : changed)
                      << "): a version never changes; raise kPhysicsVersion in fingerprint.hpp, "
                         "then write again.\n";
            return 1;
        }
    }
    std::ofstream file(path);
    file << "# Golden hashes, written by test_determinism --write. A change of physics bits is a\n"
            "# deliberate act: raise kPhysicsVersion, write this file anew, say so in "
            "CHANGELOG.md.\n"
         << fresh.str();
    if (!file.flush()) {
        std::cerr << path << " cannot be written.\n";
        return 1;
    }
    return 0;
}

// Runs every scenario on several threads and compares with one thread.
void compare_threads(int steps) {
    for (const Scenario& scenario : kScenarios) {
        const std::uint64_t alone = run_scenario(scenario, steps, 1000, 1);
        for (const int threads : {2, 4, 8}) {
            CHECK(run_scenario(scenario, steps, 1000, threads) == alone);
        }
    }
    for (const HighwayScenario& scenario : kHighwayScenarios) {
        const std::uint64_t alone = run_highway(scenario, steps, kHashedHighways, 1);
        for (const int threads : {2, 4, 8}) {
            CHECK(run_highway(scenario, steps, kHashedHighways, threads) == alone);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1 && std::strcmp(argv[1], "--kernels") == 0) {
        for (const InstructionSet* set : instruction_sets()) std::cout << set->name << "\n";
        return 0;
    }
    if (argc > 1 && std::strcmp(argv[1], "--print") == 0) {
        if (argc > 2 && !select_instruction_set(argv[2])) return 2;
        print(std::cout);
        return 0;
    }
    if (argc > 1 && std::strcmp(argv[1], "--threads") == 0) {
        compare_threads(argc > 2 ? std::atoi(argv[2]) : 60);
        return report();
    }
    if (argc > 2 && std::strcmp(argv[1], "--write") == 0) return write_golden(argv[2]);

    const auto golden = read_golden(std::string(RACER_SOURCE_DIR) + "/tests/golden.txt");
    expect(golden, "physics_version", std::to_string(kPhysicsVersion), "this engine");
    for (const VehicleEntry& entry : kVehicles) {
        expect(golden, "physics_" + std::string(entry.vehicle->name),
               to_hex(physics_fingerprint(*entry.vehicle)), "this engine");
    }
    expect(golden, "track", to_hex(scenario_track()->fingerprint), "this engine");
    expect(golden, "ring", to_hex(scenario_ring()->fingerprint), "this engine");
    int laps = 0;
    (void)run_scenario(kScenarios.back(), kSteps, kHashedWorlds, 1, &laps);
    CHECK(laps > 2 * kHashedWorlds);  // "laps" hashes laps

    struct Cut {
        int batch_size, threads;
    };
    for (const InstructionSet* set : instruction_sets()) {
        CHECK(select_instruction_set(set->name));
        for (const Scenario& scenario : kScenarios) {
            for (const Cut cut : {Cut{64, 1}, Cut{7, 1}, Cut{64, 3}}) {
                expect(golden, std::string(scenario.name),
                       to_hex(run_scenario(scenario, kSteps, cut.batch_size, cut.threads)),
                       std::string(set->name) + ", batches of " + std::to_string(cut.batch_size) +
                           ", " + std::to_string(cut.threads) + " threads");
            }
        }
    }
    for (const InstructionSet* set : instruction_sets()) {
        CHECK(select_instruction_set(set->name));
        for (const HighwayScenario& scenario : kHighwayScenarios) {
            for (const Cut cut : {Cut{12, 1}, Cut{12, 3}, Cut{5, 1}, Cut{1, 1}}) {
                expect(golden, std::string(scenario.name),
                       to_hex(run_highway(scenario, kHighwaySteps, cut.batch_size, cut.threads)),
                       std::string(set->name) + ", batches of " + std::to_string(cut.batch_size) +
                           ", " + std::to_string(cut.threads) + " threads");
            }
        }
    }
    const InstructionSet& widest = *instruction_sets().back();
    CHECK(select_instruction_set(widest.name));
    for (const Scenario& scenario : kScenarios) {
        for (const Cut cut : {Cut{1, 1}, Cut{1000, 1}, Cut{1000, 2}, Cut{1000, 4}, Cut{1000, 8}}) {
            expect(golden, std::string(scenario.name),
                   to_hex(run_scenario(scenario, kSteps, cut.batch_size, cut.threads)),
                   "batches of " + std::to_string(cut.batch_size) + ", " +
                       std::to_string(cut.threads) + " threads");
        }
    }
    return report();
}
