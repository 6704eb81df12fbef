// A 64-bit fingerprint of numbers, the same on every machine: it mixes values, never raw memory, so
// neither padding nor byte order enters. Every word goes through the finaliser of SplitMix64
// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014). Not
// cryptographic.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace racer {

[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

class Hash {
  public:
    // Floating-point numbers count by their bits: 0.0 and -0.0 differ, as they can in a simulation.
    constexpr void add(double value) noexcept { add_word(std::bit_cast<std::uint64_t>(value)); }
    constexpr void add(float value) noexcept { add_word(std::bit_cast<std::uint32_t>(value)); }

    // Integers count by their value, whatever their width; negative ones as 64-bit two's
    // complement.
    template <std::integral T>
    constexpr void add(T value) noexcept {
        if constexpr (std::is_signed_v<T>) {
            add_word(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
        } else {
            add_word(static_cast<std::uint64_t>(value));
        }
    }

    // The length goes first, so that ("ab", "c") and ("a", "bc") differ.
    constexpr void add(std::string_view text) noexcept {
        add(text.size());
        for (const char c : text) add(static_cast<unsigned char>(c));
    }

    template <class T>
    constexpr void add(std::span<const T> values) noexcept {
        add(values.size());
        for (const T& value : values) add(value);
    }

    [[nodiscard]] constexpr std::uint64_t value() const noexcept { return mix_bits(state_); }

  private:
    constexpr void add_word(std::uint64_t word) noexcept {
        state_ = mix_bits(state_ + 0x9e3779b97f4a7c15ULL) ^ mix_bits(word + 0x632be59bd9b4e019ULL);
    }

    std::uint64_t state_ = 0x243f6a8885a308d3ULL;  // first 64 fractional bits of pi
};

// Sixteen lower-case hexadecimal digits.
[[nodiscard]] inline std::string to_hex(std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; value >>= 4) text[i] = kDigits[value & 15U];
    return text;
}

}  // namespace racer
