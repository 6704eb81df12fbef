// A test program is a main() of CHECKs that returns report(): no framework needed.
#pragma once

#include <cmath>
#include <cstdio>
#include <exception>
#include <string>

namespace racer::test {

inline int failures = 0;
inline int checks = 0;

// What one check prints when it fails; more than a screenful helps nobody.
inline void record(bool passed, const char* file, int line, const std::string& what) {
    ++checks;
    if (passed) return;
    ++failures;
    if (failures <= 20) std::printf("%s:%d: failed: %s\n", file, line, what.c_str());
}

inline int report() {
    std::printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? 0 : 1;
}

// The message of the exception that `call` throws; "" if it throws none.
template <class Call>
std::string thrown_by(Call call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "";
}

}  // namespace racer::test

#define CHECK(condition) \
    ::racer::test::record(static_cast<bool>(condition), __FILE__, __LINE__, #condition)

// CHECK with numbers in the message.
#define CHECK_NEAR(actual, expected, tolerance)                                         \
    do {                                                                                \
        const double actual_value = (actual);                                           \
        const double expected_value = (expected);                                       \
        ::racer::test::record(                                                          \
            std::abs(actual_value - expected_value) <= (tolerance), __FILE__, __LINE__, \
            std::string(#actual " is ") + std::to_string(actual_value) + ", not " +     \
                std::to_string(expected_value) + " +- " + std::to_string(tolerance));   \
    } while (false)
