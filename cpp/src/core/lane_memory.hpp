// Between memory and registers: loads, stores, gathers and transposes over the lanes of a number
// type, all of which also work on a plain number.
#pragma once

#include <cstdint>

#include "core/lanes.hpp"

namespace racer::RACER_ISA {

// Loads and stores one number per lane.
template <class R>
RACER_INLINE R load(const double* field) {
    if constexpr (LaneCount<R>::value == 1) {
        return *field;
    } else {
        return R::load(field);
    }
}
RACER_INLINE void store(double* field, double value) { *field = value; }
template <int W>
RACER_INLINE void store(double* field, const Lanes<double, W>& value) {
    value.store(field);
}

// Loads whole numbers as doubles.
template <class R>
RACER_INLINE R widen(const std::int16_t* field) {
    if constexpr (LaneCount<R>::value == 1) {
        return static_cast<double>(*field);
    } else {
        typedef std::int16_t Shorts
            __attribute__((vector_size(sizeof(std::int16_t) * LaneCount<R>::value)));
        Shorts shorts;
        __builtin_memcpy(&shorts, field, sizeof(shorts));
        return R(__builtin_convertvector(shorts, typename R::Vector));
    }
}

// 32-bit whole numbers, one per lane of R; a plain number for one lane.
template <class R>
struct IntsFor {
    using Type = std::int32_t;
};
template <class T, int W>
struct IntsFor<Lanes<T, W>> {
    using Type = typename VectorOf<std::int32_t, W>::Type;
};
template <class R>
using Ints = typename IntsFor<R>::Type;

template <class R>
RACER_INLINE Ints<R> load_ints(const std::int32_t* field) {
    Ints<R> values;
    __builtin_memcpy(&values, field, sizeof(values));
    return values;
}
template <class I>
RACER_INLINE void store_ints(std::int32_t* field, I values) {
    __builtin_memcpy(field, &values, sizeof(values));
}
// 1 where true, 0 where false.
RACER_INLINE std::int32_t ones(bool condition) { return condition ? 1 : 0; }
template <class T, int W>
RACER_INLINE Ints<Lanes<T, W>> ones(LaneMask<T, W> condition) {
    return -__builtin_convertvector(condition.v, Ints<Lanes<T, W>>);
}

// Numbers rounded to float, one per lane.
RACER_INLINE void store_floats(float* target, double value) { *target = static_cast<float>(value); }
template <int W>
RACER_INLINE void store_floats(float* target, const Lanes<double, W>& values) {
    const auto floats = __builtin_convertvector(values.v, typename VectorOf<float, W>::Type);
    __builtin_memcpy(target, &floats, sizeof(floats));
}
RACER_INLINE void add_floats(float* target, double value) { *target += static_cast<float>(value); }
template <int W>
RACER_INLINE void add_floats(float* target, const Lanes<double, W>& values) {
    using Floats = typename VectorOf<float, W>::Type;
    Floats sum;
    __builtin_memcpy(&sum, target, sizeof(sum));
    sum += __builtin_convertvector(values.v, Floats);
    __builtin_memcpy(target, &sum, sizeof(sum));
}

// A vector of read(0), read(1), ... Built from registers: a vector load of numbers that were just
// stored one by one would stall until the stores are done.
template <class R, class Read>
RACER_INLINE R gather(Read read) {
    constexpr int kCount = LaneCount<R>::value;
    static_assert(kCount == 1 || kCount == 2 || kCount == 4 || kCount == 8);
    if constexpr (kCount == 1) {
        return read(0);
    } else if constexpr (kCount == 2) {
        return R(typename R::Vector{read(0), read(1)});
    } else if constexpr (kCount == 4) {
        return R(typename R::Vector{read(0), read(1), read(2), read(3)});
    } else {
        return R(typename R::Vector{read(0), read(1), read(2), read(3), read(4), read(5), read(6),
                                    read(7)});
    }
}

// Turns W registers of W numbers (rows) into W registers that hold a column each.
template <class T>
RACER_INLINE void transpose(Lanes<T, 2> (&r)[2]) {
    const auto a = r[0].v, b = r[1].v;
    r[0].v = __builtin_shufflevector(a, b, 0, 2);
    r[1].v = __builtin_shufflevector(a, b, 1, 3);
}
template <class T>
RACER_INLINE void transpose(Lanes<T, 4> (&r)[4]) {
    for (int i = 0; i < 4; i += 2) {  // pairs of rows, interleaved
        const auto a = r[i].v, b = r[i + 1].v;
        r[i].v = __builtin_shufflevector(a, b, 0, 4, 2, 6);
        r[i + 1].v = __builtin_shufflevector(a, b, 1, 5, 3, 7);
    }
    for (int i = 0; i < 2; ++i) {
        const auto a = r[i].v, b = r[i + 2].v;
        r[i].v = __builtin_shufflevector(a, b, 0, 1, 4, 5);
        r[i + 2].v = __builtin_shufflevector(a, b, 2, 3, 6, 7);
    }
}
template <class T>
RACER_INLINE void transpose(Lanes<T, 8> (&r)[8]) {
    for (int i = 0; i < 8; i += 2) {
        const auto a = r[i].v, b = r[i + 1].v;
        r[i].v = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
        r[i + 1].v = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (const int i : {0, 1, 4, 5}) {
        const auto a = r[i].v, b = r[i + 2].v;
        r[i].v = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
        r[i + 2].v = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int i = 0; i < 4; ++i) {
        const auto a = r[i].v, b = r[i + 4].v;
        r[i].v = __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
        r[i + 4].v = __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

// Numbers 0 to 3 of the records at row(0), row(1), ..., one record per lane of R, as four
// registers.
template <class R, class Row>
RACER_INLINE void read_four(Row row, R (&columns)[4]) {
    constexpr int kWidth = LaneCount<R>::value;
    static_assert(kWidth == 1 || kWidth == 2 || kWidth == 4 || kWidth == 8);
    if constexpr (kWidth == 1) {
        for (int i = 0; i < 4; ++i) columns[i] = row(0)[i];
    } else if constexpr (kWidth == 2) {
        for (int i = 0; i < 4; i += 2) {
            R square[2] = {R::load(row(0) + i), R::load(row(1) + i)};
            transpose(square);
            columns[i] = square[0];
            columns[i + 1] = square[1];
        }
    } else if constexpr (kWidth == 4) {
        for (int i = 0; i < 4; ++i) columns[i] = R::load(row(i));
        transpose(columns);
    } else {  // records i and i + 4 in one register, which makes two squares side by side
        using Half = Lanes<typename LaneOf<R>::Type, 4>;
        for (int i = 0; i < 4; ++i) {
            const auto low = Half::load(row(i)).v, high = Half::load(row(i + 4)).v;
            columns[i].v = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7);
        }
        for (int i = 0; i < 4; i += 2) {
            const auto a = columns[i].v, b = columns[i + 1].v;
            columns[i].v = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
            columns[i + 1].v = __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
        }
        for (int i = 0; i < 2; ++i) {
            const auto a = columns[i].v, b = columns[i + 2].v;
            columns[i].v = __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
            columns[i + 2].v = __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
}

}  // namespace racer::RACER_ISA
