// sin, cos, asin, atan, tan, log, exp and pow from + - * / sqrt, selections and the bits of the
// exponent only: the same bits on every machine, lane width and compiler, within about one unit in
// the last place, so that a trajectory stays on that of a program that uses another good library.
//
// Reductions, polynomials and coefficients: FDLIBM 5.3, Copyright (C) 1993-2004 Sun Microsystems,
// Inc., "Permission to use, copy, modify, and distribute this software is freely granted, provided
// that this notice is preserved"; here without branches.
#pragma once

#include <cstdint>

#include "core/lanes.hpp"
#include "core/math.hpp"

namespace racer::RACER_ISA::precise {

// Bits of the exponent -----------------------------------------------------------------------

// Splits a positive normal x into a mantissa in [1, 2) and its exponent, a whole number.
RACER_INLINE double split_exponent(double x, double& exponent) {
    const auto bits = __builtin_bit_cast(std::uint64_t, x);
    exponent = __builtin_bit_cast(double, (bits >> 52) | 0x4330000000000000ULL) -
               (4503599627370496.0 + 1023.0);
    return __builtin_bit_cast(double, (bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
}
template <int W>
RACER_INLINE Lanes<double, W> split_exponent(Lanes<double, W> x, Lanes<double, W>& exponent) {
    using Vector = typename Lanes<double, W>::Vector;
    using Bits = typename LaneMask<double, W>::Vector;
    const Bits bits = reinterpret_cast<Bits>(x.v);
    const Bits magic = (bits >> 52) | 0x4330000000000000LL;
    exponent =
        Lanes<double, W>(reinterpret_cast<Vector>(magic)) - Lanes<double, W>(4503599627371519.0);
    return reinterpret_cast<Vector>((bits & 0x000fffffffffffffLL) | 0x3ff0000000000000LL);
}

// 2^n for a whole n in [-1022, 1023].
RACER_INLINE double power_of_two(double n) {
    const double shifted = n + (6755399441055744.0 + 1023.0);
    return __builtin_bit_cast(double, __builtin_bit_cast(std::uint64_t, shifted) << 52);
}
template <int W>
RACER_INLINE Lanes<double, W> power_of_two(Lanes<double, W> n) {
    using Vector = typename Lanes<double, W>::Vector;
    using Bits = typename LaneMask<double, W>::Vector;
    const Vector shifted = (n + Lanes<double, W>(6755399441055744.0 + 1023.0)).v;
    return reinterpret_cast<Vector>(reinterpret_cast<Bits>(shifted) << 52);
}

// The nearest whole number; |x| < 2^51.
template <class R>
RACER_INLINE R round_whole(R x) {
    const R shift(6755399441055744.0);
    return (x + shift) - shift;
}

// Circular functions -------------------------------------------------------------------------

// sin(x + tail) and cos(x + tail) for |x| <= pi/4 and a tail below the last place of x.
template <class R>
RACER_INLINE R sin_kernel(R x, R tail) {
    const R z = x * x;
    const R v = z * x;
    const R r = R(8.33333333332248946124e-03) +
                z * (R(-1.98412698298579493134e-04) +
                     z * (R(2.75573137070700676789e-06) + z * (R(-2.50507602534068634195e-08) +
                                                               z * R(1.58969099521155010221e-10))));
    return x - ((z * (R(0.5) * tail - v * r) - tail) - v * R(-1.66666666666666324348e-01));
}
template <class R>
RACER_INLINE R cos_kernel(R x, R tail) {
    const R z = x * x;
    const R r = z * (R(4.16666666666666019037e-02) +
                     z * (R(-1.38888888888741095749e-03) +
                          z * (R(2.48015872894767294178e-05) +
                               z * (R(-2.75573143513906633035e-07) +
                                    z * (R(2.08757232129817482790e-09) +
                                         z * R(-1.13596475577881948265e-11))))));
    const R half = R(0.5) * z;
    const R w = R(1.0) - half;
    return w + (((R(1.0) - w) - half) + (z * r - x * tail));
}

template <class R>
struct SinCos {
    R sine, cosine;
};

// For |x| < 1e6.
template <class R>
RACER_INLINE SinCos<R> sincos(R x) {
    const R turns = round_whole(x * R(6.36619772367581382433e-01));  // quarter turns
    const R r = x - turns * R(1.57079632673412561417e+00);
    const R w = turns * R(6.07710050650619224932e-11);
    const R y = r - w;
    const R tail = (r - y) - w;
    const R s = sin_kernel(y, tail);
    const R c = cos_kernel(y, tail);
    // The quadrant as -2, -1, 0, 1 or 2.
    const R quadrant = turns - R(4.0) * round_whole(turns * R(0.25));
    const auto odd = abs(quadrant) == R(1.0);
    const auto half = abs(quadrant) == R(2.0);
    const R sine = select(odd, c, s);
    const R cosine = select(odd, s, c);
    return {select(half | (quadrant == R(-1.0)), -sine, sine),
            select(half | (quadrant == R(1.0)), -cosine, cosine)};
}

// For |x| <= 1.
template <class R>
RACER_INLINE R asin(R x) {
    const R size = abs(x);
    const auto small = size < R(0.5);
    const R t = select(small, x * x, R(0.5) * (R(1.0) - size));
    const R p =
        t *
        (R(1.66666666666666657415e-01) +
         t * (R(-3.25565818622400915405e-01) +
              t * (R(2.01212532134862925881e-01) +
                   t * (R(-4.00555345006794114027e-02) +
                        t * (R(7.91534994289814532176e-04) + t * R(3.47933107596021167570e-05))))));
    const R q = R(1.0) +
                t * (R(-2.40339491173441421878e+00) +
                     t * (R(2.02094576023350569471e+00) + t * (R(-6.88283971605453293030e-01) +
                                                               t * R(7.70381505559019352791e-02))));
    const R ratio = p / q;
    const R s = sqrt(t);
    const R large =
        R(1.57079632679489655800e+00) - (R(2.0) * (s + s * ratio) - R(6.12323399573676603587e-17));
    return select(small, x + x * ratio, copy_sign(large, x));
}

RACER_INLINE double atan(double x) {
    const double size = __builtin_fabs(x);
    double high = 0.0;
    double low = 0.0;
    double t = size;
    if (size >= 2.4375) {
        t = -1.0 / size;
        high = 1.57079632679489655800e+00;
        low = 6.12323399573676603587e-17;
    } else if (size >= 1.1875) {
        t = (size - 1.5) / (1.0 + 1.5 * size);
        high = 9.82793723247329054082e-01;
        low = 1.39033110312309984516e-17;
    } else if (size >= 0.6875) {
        t = (size - 1.0) / (size + 1.0);
        high = 7.85398163397448278999e-01;
        low = 3.06161699786838301793e-17;
    } else if (size >= 0.4375) {
        t = (2.0 * size - 1.0) / (2.0 + size);
        high = 4.63647609000806093515e-01;
        low = 2.26987774529616870924e-17;
    }
    const double z = t * t;
    const double w = z * z;
    const double even =
        z * (3.33333333333329318027e-01 +
             w * (1.42857142725034663711e-01 +
                  w * (9.09088713343650656196e-02 +
                       w * (6.66107313738753120669e-02 +
                            w * (4.97687799461593236017e-02 + w * 1.62858201153657823623e-02)))));
    const double odd =
        w * (-1.99999999998764832476e-01 +
             w * (-1.11111104054623557880e-01 +
                  w * (-7.69187620504482999495e-02 +
                       w * (-5.83357013379057348645e-02 + w * -3.65315727442169155270e-02))));
    return copy_sign(high - ((t * (even + odd) - low) - t), x);
}

RACER_INLINE double tan(double x) {
    const auto [sine, cosine] = sincos(x);
    return sine / cosine;
}

// Exponentials -------------------------------------------------------------------------------

// For positive normal x.
template <class R>
RACER_INLINE R log(R x) {
    R k;
    R m = split_exponent(x, k);
    const auto above = m > R(1.41421356237309504880);
    m = select(above, R(0.5) * m, m);
    k = select(above, k + R(1.0), k);
    const R f = m - R(1.0);
    const R s = f / (R(2.0) + f);
    const R z = s * s;
    const R w = z * z;
    const R t1 = w * (R(3.999999999940941908e-01) +
                      w * (R(2.222219843214978396e-01) + w * R(1.531383769920937332e-01)));
    const R t2 = z * (R(6.666666666666735130e-01) +
                      w * (R(2.857142874366239149e-01) +
                           w * (R(1.818357216161805012e-01) + w * R(1.479819860511658591e-01))));
    const R half = R(0.5) * f * f;
    return k * R(6.93147180369123816490e-01) -
           ((half - (s * (half + (t1 + t2)) + k * R(1.90821492927058770002e-10))) - f);
}

// For any x; what lies beyond e^+-700 stays there.
template <class R>
RACER_INLINE R exp(R x) {
    const R bounded = clamp(x, R(-700.0), R(700.0));
    const R k = round_whole(bounded * R(1.44269504088896338700e+00));
    const R high = bounded - k * R(6.93147180369123816490e-01);
    const R low = k * R(1.90821492927058770002e-10);
    const R r = high - low;
    const R t = r * r;
    const R c =
        r -
        t * (R(1.66666666666666019037e-01) +
             t * (R(-2.77777777770155933842e-03) +
                  t * (R(6.61375632143793436117e-05) +
                       t * (R(-1.65339022054652515390e-06) + t * R(4.13813679705723846039e-08)))));
    const R y = R(1.0) - ((low - (r * c) / (R(2.0) - c)) - high);
    return y * power_of_two(k);
}

// base^exponent for base >= 0 and exponent > 0.
template <class R>
RACER_INLINE R pow(R base, R exponent) {
    const R positive = max(base, R(1e-300));
    return select(base > R(0.0), exp(exponent * log(positive)), R(0.0));
}

// Angles -------------------------------------------------------------------------------------

// The angle in [-pi, pi), computed as ((x + pi) mod 2 pi) - pi with an exact remainder.
RACER_INLINE double wrap_exact(double x) {
    double rest = x + kPi;
    if (rest >= 0.0 && rest < kTwoPi) return rest - kPi;
    const bool negative = rest < 0.0;
    rest = __builtin_fabs(rest);
    if (!(rest < 1e15)) return 0.0;
    while (rest >= kTwoPi) {
        double part = kTwoPi;
        while (2.0 * part <= rest) part *= 2.0;
        rest -= part;  // exact: part <= rest <= 2 part
    }
    if (negative && rest > 0.0) rest = kTwoPi - rest;
    return rest - kPi;
}
template <int W>
RACER_INLINE Lanes<double, W> wrap_exact(Lanes<double, W> x) {
    Lanes<double, W> r = x + Lanes<double, W>(kPi);
    const auto outside = (r < Lanes<double, W>(0.0)) | (r >= Lanes<double, W>(kTwoPi));
    if (!any(outside)) return r - Lanes<double, W>(kPi);
    for (int i = 0; i < W; ++i) r.set(i, wrap_exact(x[i]));
    return r;
}

}  // namespace racer::RACER_ISA::precise
