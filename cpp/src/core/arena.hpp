// One block of memory for all arrays of a batch, each aligned to a cache line.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace racer {

inline constexpr std::size_t kCacheLine = 64;

// Hands out arrays from a block; without a block it only counts the bytes that they need.
class Arena {
  public:
    Arena() = default;
    explicit Arena(std::vector<std::byte>& storage) {
        void* start = storage.data();
        std::size_t space = storage.size();
        cursor_ = static_cast<std::byte*>(std::align(kCacheLine, 1, start, space));
    }

    template <class T>
    [[nodiscard]] T* take(std::size_t count) {
        const std::size_t size = (count * sizeof(T) + kCacheLine - 1) / kCacheLine * kCacheLine;
        std::byte* at = cursor_;
        bytes_ += size;
        if (cursor_ != nullptr) cursor_ += size;
        return reinterpret_cast<T*>(at);
    }
    // Size of the block that holds what was taken.
    [[nodiscard]] std::size_t bytes() const { return bytes_ + kCacheLine; }

  private:
    std::byte* cursor_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace racer
