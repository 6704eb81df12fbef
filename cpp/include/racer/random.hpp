// Counter-based random numbers: a draw is a pure function of (seed, episode, car, draw), so neither
// batch size nor thread count nor the order of calls can change it.
// Mixer: SplitMix64's finaliser (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014; constants by Stafford, "Mix13").
#pragma once

#include <cstdint>

#include "racer/hash.hpp"

namespace racer {

[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t z) {
    return mix_bits(z + 0x9e3779b97f4a7c15ULL);
}

// A seed for stream `index` of `seed`; never `seed + index`, whose neighbours would share streams.
[[nodiscard]] constexpr std::uint64_t split_seed(std::uint64_t seed, std::uint64_t index) {
    return mix64(mix64(seed) ^ (index * 0xd1342543de82ef95ULL + 1));
}

// Uniform in [0, 1): the top 53 bits of a mixed counter.
[[nodiscard]] constexpr double uniform(std::uint64_t key, std::uint64_t draw) {
    return static_cast<double>(split_seed(key, draw) >> 11) * 0x1.0p-53;
}

}  // namespace racer
