// Accuracy of the engine's own sine, cosine and arctangent against the C library in long double,
// and equality of a lane's bits with the scalar's.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "check.hpp"
#include "core/math.hpp"

namespace {

namespace engine = racer::RACER_ISA;

// Evenly spaced numbers in [low, high], through an odd count so that the middle is one of them.
template <class Visit>
void sweep(double low, double high, Visit visit) {
    constexpr int kCount = 20001;
    for (int i = 0; i < kCount; ++i) visit(low + (high - low) * i / (kCount - 1));
}

double error(double value, long double truth) {
    return static_cast<double>(std::fabs(static_cast<long double>(value) - truth));
}

void test_half_turn() {
    double worst = 0.0;
    sweep(-engine::kPi, engine::kPi, [&](double x) {
        worst = std::fmax(worst,
                          error(engine::sin_half_turn(x), std::sin(static_cast<long double>(x))));
        worst = std::fmax(worst,
                          error(engine::cos_half_turn(x), std::cos(static_cast<long double>(x))));
    });
    CHECK(worst < 2e-12);
    CHECK(engine::sin_half_turn(0.0) == 0.0);
    CHECK(engine::cos_half_turn(0.0) == 1.0);
}

void test_any_angle() {
    for (const double range : {10.0, 1e3, 1e6}) {
        double worst = 0.0;
        sweep(-range, range, [&](double x) {
            worst = std::fmax(worst, error(engine::sin(x), std::sin(static_cast<long double>(x))));
            worst = std::fmax(worst, error(engine::cos(x), std::cos(static_cast<long double>(x))));
        });
        CHECK(worst < 2e-12);
    }
    for (double x = 1e6; x < std::numeric_limits<double>::max() / 7.0; x *= 7.0) {
        CHECK(std::fabs(engine::sin(x)) <= 1.0 + 2e-12);
        CHECK(std::fabs(engine::cos(-x)) <= 1.0 + 2e-12);
    }
}

void test_atan() {
    double worst = 0.0;
    const auto look = [&](double x) {
        worst = std::fmax(worst, error(engine::atan(x), std::atan(static_cast<long double>(x))));
        CHECK(engine::atan(-x) == -engine::atan(x));
    };
    sweep(-0.5, 0.5, look);
    sweep(-4.0, 4.0, look);
    sweep(-1e6, 1e6, look);
    CHECK(worst < 1e-13);
    CHECK(engine::atan(0.0) == 0.0);
    // Small angles keep their relative accuracy.
    for (double x = 1e-3; x > 1e-30; x *= 0.1) {
        CHECK(error(engine::atan(x), std::atan(static_cast<long double>(x))) < 1e-13 * x);
    }
}

void test_atan2() {
    double worst = 0.0;
    sweep(-engine::kPi, engine::kPi, [&](double angle) {
        for (const double size : {1e-9, 1.0, 1e9}) {
            const double x = size * std::cos(angle);
            const double y = size * std::sin(angle);
            const long double truth =
                std::atan2(static_cast<long double>(y), static_cast<long double>(x));
            worst = std::fmax(worst, error(engine::atan2(y, x), truth));
        }
    });
    CHECK(worst < 1e-13);
    CHECK(engine::atan2(0.0, 0.0) == 0.0);
    CHECK(engine::atan2(0.0, -1.0) == engine::kPi);
    CHECK(engine::atan2(1.0, 0.0) == engine::kHalfPi);
    CHECK(engine::atan2(-1.0, 0.0) == -engine::kHalfPi);
}

bool same_bits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

template <int W>
void test_lanes() {
    using Wide = engine::Lanes<double, W>;
    int differences = 0;
    for (int i = 0; i < 4000; ++i) {
        Wide x(0.0);
        Wide y(0.0);
        for (int lane = 0; lane < W; ++lane) {
            x.set(lane, 0.01 * (i - 2000) + 0.37 * lane);
            y.set(lane, std::ldexp(1.0 + lane - 0.5 * W, i % 40 - 20));
        }
        const Wide sine = engine::sin(x);
        const Wide cosine = engine::cos(x);
        const Wide angle = engine::atan(y);
        const Wide around = engine::atan2(y, x);
        for (int lane = 0; lane < W; ++lane) {
            differences += same_bits(sine[lane], engine::sin(x[lane])) ? 0 : 1;
            differences += same_bits(cosine[lane], engine::cos(x[lane])) ? 0 : 1;
            differences += same_bits(angle[lane], engine::atan(y[lane])) ? 0 : 1;
            differences += same_bits(around[lane], engine::atan2(y[lane], x[lane])) ? 0 : 1;
        }
    }
    CHECK(differences == 0);
}

}  // namespace

int main() {
    test_half_turn();
    test_any_angle();
    test_atan();
    test_atan2();
    test_lanes<2>();
    test_lanes<4>();
    test_lanes<8>();
    return racer::test::report();
}
