// The highway's mathematics against the standard library's in long double.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "check.hpp"
#include "racer/random.hpp"
#include "traffic/precise.hpp"

using namespace racer;
using namespace racer::test;
namespace precise = racer::RACER_ISA::precise;

namespace {

// Largest error in units in the last place of the true value, but of 2^-53 at least.
struct Worst {
    double units = 0.0;

    void add(double actual, long double expected) {
        const double size = std::abs(static_cast<double>(expected));
        const double unit = std::nextafter(size, INFINITY) - size;
        const auto error =
            static_cast<double>(std::abs(static_cast<long double>(actual) - expected));
        units = std::max(units, error / std::max(unit, 0x1p-106));
    }
};

double draw(std::uint64_t i, double low, double high) {
    return low + (high - low) * uniform(17, i);
}

void test_circular() {
    Worst near;
    Worst far;
    Worst arc;
    Worst tangent;
    for (std::uint64_t i = 0; i < 200000; ++i) {
        const double x = draw(i, -0.8, 0.8);
        near.add(precise::sincos(x).sine, std::sin(static_cast<long double>(x)));
        near.add(precise::sincos(x).cosine, std::cos(static_cast<long double>(x)));
        tangent.add(precise::tan(x), std::tan(static_cast<long double>(x)));
        const double y = draw(i, -700.0, 700.0);
        far.add(precise::sincos(y).sine, std::sin(static_cast<long double>(y)));
        far.add(precise::sincos(y).cosine, std::cos(static_cast<long double>(y)));
        const double z = draw(i, -1.0, 1.0);
        arc.add(precise::asin(z), std::asin(static_cast<long double>(z)));
        tangent.add(precise::atan(y), std::atan(static_cast<long double>(y)));
        tangent.add(precise::atan(x), std::atan(static_cast<long double>(x)));
    }
    CHECK_NEAR(near.units, 0.5, 0.35);
    CHECK_NEAR(far.units, 0.5, 0.35);
    CHECK_NEAR(arc.units, 1.25, 1.25);
    CHECK_NEAR(tangent.units, 1.25, 1.25);
    CHECK(precise::sincos(0.0).cosine == 1.0 && precise::asin(1.0) == RACER_ISA::kHalfPi);
}

void test_exponential() {
    Worst logarithm;
    Worst exponential;
    Worst power;
    for (std::uint64_t i = 0; i < 200000; ++i) {
        const double x = draw(i, 1e-3, 4.0);
        logarithm.add(precise::log(x), std::log(static_cast<long double>(x)));
        const double y = draw(i, -20.0, 20.0);
        exponential.add(precise::exp(y), std::exp(static_cast<long double>(y)));
        const double base = draw(i, 0.5, 2.0);
        const double exponent = draw(i + 1000000, 3.5, 4.5);
        power.add(precise::pow(base, exponent),
                  std::pow(static_cast<long double>(base), static_cast<long double>(exponent)));
    }
    CHECK_NEAR(logarithm.units, 0.5, 0.5);
    CHECK_NEAR(exponential.units, 0.5, 0.5);
    CHECK_NEAR(power.units, 2.5, 2.5);
    CHECK(precise::pow(0.0, 4.0) == 0.0 && precise::pow(1.0, 3.7) == 1.0);
    CHECK(std::isfinite(precise::pow(1e5, 4.5)) && std::isfinite(precise::exp(1e300)));
}

void test_wrap() {
    for (std::uint64_t i = 0; i < 200000; ++i) {
        const double x = draw(i, -400.0, 400.0);
        double rest = std::fmod(x + RACER_ISA::kPi, RACER_ISA::kTwoPi);
        if (rest < 0.0) rest += RACER_ISA::kTwoPi;
        CHECK(precise::wrap_exact(x) == rest - RACER_ISA::kPi);
    }
}

}  // namespace

int main() {
    test_circular();
    test_exponential();
    test_wrap();
    return report();
}
