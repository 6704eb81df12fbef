// Counts what one tick of physics computes, by evaluating the kernel over a number type that
// counts, and measures how fast this machine could do that at best.
//
//   test_operations                 prints the counts of every vehicle and checks them
//   test_operations --json KERNEL   counts, cycles per register and the limit in ticks per second
#include <algorithm>
#include <chrono>
#include <cstring>
#include <iostream>
#include <map>
#include <string>

#include "check.hpp"
#include "circuit/dynamics.hpp"
#include "racer/instruction_set.hpp"

using namespace racer;
using namespace racer::test;

namespace counting {

struct Counts {
    long add = 0, multiply = 0, divide = 0, root = 0, compare = 0, select = 0, sign = 0;
    [[nodiscard]] long all() const {
        return add + multiply + divide + root + compare + select + sign;
    }
};
inline Counts counts;

// A number that counts what is done to it; min and max count as one comparison, as they compile.
struct Number {
    double v;
    Number() = default;
    explicit Number(double value) : v(value) {}
    friend Number operator+(Number a, Number b) { return ++counts.add, Number(a.v + b.v); }
    friend Number operator-(Number a, Number b) { return ++counts.add, Number(a.v - b.v); }
    friend Number operator*(Number a, Number b) { return ++counts.multiply, Number(a.v * b.v); }
    friend Number operator/(Number a, Number b) { return ++counts.divide, Number(a.v / b.v); }
    friend Number operator-(Number a) { return ++counts.sign, Number(-a.v); }
    friend bool operator<(Number a, Number b) { return ++counts.compare, a.v < b.v; }
    friend bool operator>(Number a, Number b) { return ++counts.compare, a.v > b.v; }
    friend bool operator==(Number a, Number b) { return ++counts.compare, a.v == b.v; }
};
inline Number select(bool condition, Number a, Number b) {
    return ++counts.select, condition ? a : b;
}
inline Number sqrt(Number a) { return ++counts.root, Number(__builtin_sqrt(a.v)); }
inline Number abs(Number a) { return ++counts.sign, Number(__builtin_fabs(a.v)); }
inline Number copy_sign(Number size, Number sign) {
    return ++counts.sign, Number(__builtin_copysign(size.v, sign.v));
}
inline Number min(Number a, Number b) { return ++counts.compare, a.v < b.v ? a : b; }
inline Number max(Number a, Number b) { return ++counts.compare, a.v > b.v ? a : b; }

}  // namespace counting

namespace {

using counting::Counts;
using counting::Number;

// One tick at 40 m/s in a bend. The kernel has no branches on the state: any other state counts the
// same, which main() checks with a car at rest.
Counts count_tick(const Vehicle& vehicle, double speed) {
    using portable::CarInputs;
    using portable::CarState;
    const auto drive = [&](auto zero) {
        using R = decltype(zero);
        CarState<R> car = {R(1.0),  R(2.0),           R(0.8),           R(0.6), R(speed),
                           R(-0.1), R(0.005 * speed), R(0.001 * speed), R(0.0)};
        const CarInputs<R> inputs = {R(0.05), R(0.4), R(0.0), R(1.0), R(1.0), R(0.0)};
        portable::integrate_tick(vehicle, car, inputs);
        return car.v_x;
    };
    counting::counts = {};
    CHECK(drive(Number(0.0)).v == drive(0.0));  // it counts the very computation of the engine
    return counting::counts;
}

// Times of one operation on one register of W doubles, when nothing waits [s].

using Clock = std::chrono::steady_clock;
constexpr int kChains = 12;    // independent chains: more than any latency times throughput
constexpr int kRounds = 2000;  // per timing
constexpr int kTimings = 200;  // the shortest counts: it is the least disturbed

template <class Run>
double shortest(Run run, double operations) {
    double best = 1.0;
    for (int i = 0; i < kTimings; ++i) {
        const auto start = Clock::now();
        run();
        const double spent = std::chrono::duration<double>(Clock::now() - start).count();
        best = std::min(best, spent / operations);
    }
    return best;
}

volatile double sink;

// One function per operation and register width; TARGET lets the compiler use the width.
#define RACER_TIMED(NAME, WIDTH, TARGET, STATEMENT)                                           \
    TARGET double NAME##_##WIDTH() {                                                          \
        typedef double V __attribute__((vector_size(8 * WIDTH)));                             \
        typedef long M __attribute__((vector_size(8 * WIDTH), unused));                       \
        return shortest(                                                                      \
            [](auto...) TARGET {                                                              \
                V a[kChains];                                                                 \
                V b{};                                                                        \
                b += 1.0 + 1e-16 * sink;                                                      \
                [[maybe_unused]] const V c = b * 1e-300;                                      \
                for (int j = 0; j < kChains; ++j) a[j] = b + 0.01 * j;                        \
                for (int i = 0; i < kRounds; ++i) {                                           \
                    _Pragma("GCC unroll 12") for (int j = 0; j < kChains; ++j) { STATEMENT; } \
                }                                                                             \
                for (int j = 0; j < kChains; ++j) sink = a[j][0];                             \
            },                                                                                \
            static_cast<double>(kChains) * kRounds);                                          \
    }
#define RACER_ROOT(WIDTH) \
    for (int k = 0; k < WIDTH; ++k) a[j][k] = __builtin_sqrt(a[j][k])
#define RACER_WIDTH(WIDTH, TARGET)                                                     \
    RACER_TIMED(add, WIDTH, TARGET, a[j] = a[j] + b)                                   \
    RACER_TIMED(multiply, WIDTH, TARGET, a[j] = a[j] * b)                              \
    RACER_TIMED(both, WIDTH, TARGET, a[j] = j % 2 ? a[j] + b : a[j] * b)               \
    RACER_TIMED(mix, WIDTH, TARGET,                                                    \
                a[j] = j % 3 ? (j % 3 == 1 ? a[j] + b : a[j] * b) : V(M(a[j]) ^ M(c))) \
    RACER_TIMED(divide, WIDTH, TARGET, a[j] = b / a[j])                                \
    RACER_TIMED(root, WIDTH, TARGET, RACER_ROOT(WIDTH))                                \
    RACER_TIMED(compare, WIDTH, TARGET, a[j] = a[j] < b ? b : a[j])

RACER_WIDTH(2, )
#ifdef __x86_64__
#define RACER_AVX2 __attribute__((target("avx2")))
#define RACER_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,prefer-vector-width=512")))
RACER_WIDTH(4, RACER_AVX2)
RACER_WIDTH(8, RACER_AVX512)
#endif

// Seconds of one operation on a register, by name.
using Times = std::map<std::string, double>;
#define RACER_TIMES(WIDTH)                                                                  \
    Times {                                                                                 \
        {"add", add_##WIDTH()}, {"multiply", multiply_##WIDTH()}, {"both", both_##WIDTH()}, \
            {"mix", mix_##WIDTH()}, {"divide", divide_##WIDTH()}, {"root", root_##WIDTH()}, \
            {"compare", compare_##WIDTH()},                                                 \
    }

Times times_of(int lanes) {
#ifdef __x86_64__
    if (lanes == 8) return RACER_TIMES(8);
    if (lanes == 4) return RACER_TIMES(4);
#endif
    return RACER_TIMES(2);  // one lane takes as long as two
}

// Clock frequency [Hz]: a chain of integer additions takes a cycle each.
double frequency() {
    unsigned long x = 1;
    const double each = shortest(
        [&] {
            for (int i = 0; i < 10 * kRounds; ++i) {
                for (int k = 0; k < 8; ++k) {
                    x += 3;
                    asm volatile("" : "+r"(x));
                }
            }
        },
        80.0 * kRounds);
    return 1.0 / each;
}

// The least time of a tick: whatever unit is busiest, and all that the units together can start.
void print_limit(const InstructionSet& set) {
    const Counts n = count_tick(kGt, 40.0);
    const int lanes = set.lanes;
    Times t = times_of(lanes);
    const auto seconds = [&](long count, const char* name) {
        return static_cast<double>(count) * t[name];
    };
    const Times bounds = {
        {"additions", seconds(n.add, "add")},
        {"multiplications", seconds(n.multiply, "multiply")},
        {"divisions and roots", seconds(n.divide, "divide") + seconds(n.root, "root")},
        {"comparisons and minima", seconds(n.compare, "compare")},
        {"the number of operations", seconds(n.all(), t["mix"] < t["both"] ? "mix" : "both")},
    };
    const auto busiest =
        std::max_element(bounds.begin(), bounds.end(),
                         [](const auto& a, const auto& b) { return a.second < b.second; });
    const double hertz = frequency();
    std::cout << "{\"lanes\": " << lanes << ", \"gigahertz\": " << hertz * 1e-9
              << ", \"operations\": {\"add\": " << n.add << ", \"multiply\": " << n.multiply
              << ", \"divide\": " << n.divide << ", \"root\": " << n.root
              << ", \"compare\": " << n.compare << ", \"select\": " << n.select
              << ", \"sign\": " << n.sign << "}, \"cycles\": {";
    const char* comma = "";
    for (const auto& [name, time] : t) {
        std::cout << comma << "\"" << name << "\": " << time * hertz;
        comma = ", ";
    }
    std::cout << "}, \"cycles_per_register\": " << busiest->second * hertz << ", \"bound_by\": \""
              << busiest->first << "\", \"ticks_per_second\": " << lanes / busiest->second << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 2 && std::strcmp(argv[1], "--json") == 0) {
        for (const InstructionSet* set : instruction_sets()) {
            if (argv[2] == std::string(set->name)) {
                print_limit(*set);
                return 0;
            }
        }
        return 2;
    }
    for (const VehicleEntry& entry : kVehicles) {
        const Counts n = count_tick(*entry.vehicle, 40.0);
        const Counts at_rest = count_tick(*entry.vehicle, 0.0);
        std::cout << entry.vehicle->name << ": " << n.all() << " operations per tick: " << n.add
                  << " add, " << n.multiply << " multiply, " << n.divide << " divide, " << n.root
                  << " root, " << n.compare << " compare, " << n.select << " select, " << n.sign
                  << " sign\n";
        CHECK(n.all() == at_rest.all() && n.divide == at_rest.divide);
        CHECK(n.divide < n.add && n.root > 0);
    }
    return report();
}
