// Two numbers side by side, as one number type. A chain of dependent operations leaves most of a
// processor idle; two chains, interleaved operation by operation, fill it. Same bits as one by one.
#pragma once

#include "core/lanes.hpp"

namespace racer::RACER_ISA {

template <class M>
struct PairMask {
    M a, b;
    friend RACER_INLINE PairMask operator&(PairMask x, PairMask y) {
        return {x.a & y.a, x.b & y.b};
    }
    friend RACER_INLINE PairMask operator|(PairMask x, PairMask y) {
        return {x.a | y.a, x.b | y.b};
    }
};

template <class R>
struct Pair {
    using Mask = PairMask<decltype(R() < R())>;
    R a, b;

    Pair() = default;
    RACER_INLINE Pair(R first, R second) : a(first), b(second) {}
    RACER_INLINE explicit Pair(double both) : a(both), b(both) {}

    friend RACER_INLINE Pair operator+(Pair x, Pair y) { return {x.a + y.a, x.b + y.b}; }
    friend RACER_INLINE Pair operator-(Pair x, Pair y) { return {x.a - y.a, x.b - y.b}; }
    friend RACER_INLINE Pair operator*(Pair x, Pair y) { return {x.a * y.a, x.b * y.b}; }
    friend RACER_INLINE Pair operator/(Pair x, Pair y) { return {x.a / y.a, x.b / y.b}; }
    friend RACER_INLINE Pair operator-(Pair x) { return {-x.a, -x.b}; }
    friend RACER_INLINE Mask operator<(Pair x, Pair y) { return {x.a < y.a, x.b < y.b}; }
    friend RACER_INLINE Mask operator>(Pair x, Pair y) { return {x.a > y.a, x.b > y.b}; }
    friend RACER_INLINE Mask operator<=(Pair x, Pair y) { return {x.a <= y.a, x.b <= y.b}; }
    friend RACER_INLINE Mask operator>=(Pair x, Pair y) { return {x.a >= y.a, x.b >= y.b}; }
    friend RACER_INLINE Mask operator==(Pair x, Pair y) { return {x.a == y.a, x.b == y.b}; }
};

template <class R, class M>
RACER_INLINE Pair<R> select(PairMask<M> condition, Pair<R> x, Pair<R> y) {
    return {select(condition.a, x.a, y.a), select(condition.b, x.b, y.b)};
}
template <class R>
RACER_INLINE Pair<R> min(Pair<R> x, Pair<R> y) {
    return {min(x.a, y.a), min(x.b, y.b)};
}
template <class R>
RACER_INLINE Pair<R> max(Pair<R> x, Pair<R> y) {
    return {max(x.a, y.a), max(x.b, y.b)};
}
template <class R>
RACER_INLINE Pair<R> sqrt(Pair<R> x) {
    return {sqrt(x.a), sqrt(x.b)};
}
template <class R>
RACER_INLINE Pair<R> abs(Pair<R> x) {
    return {abs(x.a), abs(x.b)};
}
template <class R>
RACER_INLINE Pair<R> copy_sign(Pair<R> size, Pair<R> sign) {
    return {copy_sign(size.a, sign.a), copy_sign(size.b, sign.b)};
}

}  // namespace racer::RACER_ISA
