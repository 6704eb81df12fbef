// sin, cos, atan and atan2 from + - * / sqrt and selections only, so that every lane width,
// compiler and optimisation level computes the same bits. Absolute errors
// (tests/cpp/test_math.cpp):
//   sin_half_turn, cos_half_turn   2e-12 for |x| <= pi
//   sin, cos                       2e-12 for |x| <= 1e6, and a value in [-1, 1] for any finite x
//   atan, atan2                    1e-13 everywhere
#pragma once

#include <cstddef>

#include "core/lanes.hpp"

namespace racer::RACER_ISA {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kHalfPi = 0.5 * kPi;
inline constexpr double kQuarterPi = 0.25 * kPi;
inline constexpr double kTwoPi = 2.0 * kPi;

// c[0] + c[1] u + ... + c[N-1] u^(N-1) in pairs (Estrin): short chains of dependent operations.
template <class R, std::size_t N>
RACER_INLINE R polynomial(const R (&c)[N], R u) {
    if constexpr (N == 1) {
        return c[0];
    } else {
        R pairs[(N + 1) / 2];
        for (std::size_t i = 0; i < N / 2; ++i) pairs[i] = c[2 * i] + c[2 * i + 1] * u;
        if constexpr (N % 2 == 1) pairs[N / 2] = c[N - 1];
        return polynomial(pairs, u * u);
    }
}

// sin(x) for |x| <= pi.
template <class R>
RACER_INLINE R sin_half_turn(R x) {
    const R c[] = {R(-0.16666666666664612),    R(0.008333333333066642),
                   R(-0.00019841269784470997), R(2.75573146115569e-06),
                   R(-2.5051924221228337e-08), R(1.6055042709849893e-10),
                   R(-7.598819975577955e-13),  R(2.5043965585893168e-15)};
    const R u = x * x;
    return x + x * (u * polynomial(c, u));
}

// cos(x) for |x| <= pi, exactly 1 at 0.
template <class R>
RACER_INLINE R cos_half_turn(R x) {
    const R s = sin_half_turn(R(0.5) * x);
    return R(1.0) - R(2.0) * (s * s);
}

// x less the nearest whole number of turns; in [-pi, pi] for any finite x.
template <class R>
RACER_INLINE R wrap_angle(R x) {
    // Adding and removing 1.5 * 2^52 rounds to the nearest integer. 2 pi is split into three parts
    // whose products with the number of turns are exact (up to 2^21 turns).
    const R shift(6755399441055744.0);
    const R turns = (x * R(1.0 / kTwoPi) + shift) - shift;
    const R rest = ((x - turns * R(0x1.921fb544p+2)) - turns * R(0x1.0b4611a6p-32)) -
                   turns * R(0x1.3198a2e037073p-67);
    return clamp(rest, R(-kPi), R(kPi));
}

template <class R>
RACER_INLINE R sin(R x) {
    return sin_half_turn(wrap_angle(x));
}

template <class R>
RACER_INLINE R cos(R x) {
    return cos_half_turn(wrap_angle(x));
}

// atan(y / x) for y >= 0, x >= 0, not both 0: one division. No overflow below 1e150.
template <class R>
RACER_INLINE R atan_quadrant(R y, R x) {
    // The angle less 0, pi/4 or pi/2, whichever is nearest: |tangent| <= tan(pi/8).
    const auto near_half = y > x * R(2.414213562373095);
    const auto near_zero = y < x * R(0.41421356237309503);
    const R numerator = select(near_half, -x, select(near_zero, y, y - x));
    const R denominator = select(near_half, y, select(near_zero, x, y + x));
    const R offset = select(near_half, R(kHalfPi), select(near_zero, R(0.0), R(kQuarterPi)));
    const R t = numerator / denominator;
    const R c[] = {R(-0.33333333333266196), R(0.19999999949854794),  R(-0.142857081103604),
                   R(0.11110819716745676),  R(-0.09084101895346429), R(0.07604800046078292),
                   R(-0.06027307460946675), R(0.03295679541870136)};
    const R u = t * t;
    return offset + (t + t * (u * polynomial(c, u)));
}

// atan(y / x) for x > 0.
template <class R>
RACER_INLINE R atan_ratio(R y, R x) {
    return copy_sign(atan_quadrant(abs(y), x), y);
}

template <class R>
RACER_INLINE R atan(R x) {
    return atan_ratio(x, R(1.0));
}

// The angle of the vector (x, y) in [-pi, pi]; atan2(0, 0) = 0.
template <class R>
RACER_INLINE R atan2(R y, R x) {
    const R across = abs(y);
    const R along = abs(x);
    const R angle = atan_quadrant(across, select(across + along == R(0.0), R(1.0), along));
    return copy_sign(select(x < R(0.0), R(kPi) - angle, angle), y);
}

}  // namespace racer::RACER_ISA
