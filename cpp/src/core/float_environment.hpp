// The one policy for the floating-point environment of a step: round to nearest, denormals kept, no
// traps, whatever the host program (torch, say) has set. Set on entry, restored on exit, per
// thread.
#pragma once

#include <cstdint>

#if defined(__x86_64__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace racer {

class FloatEnvironment {
  public:
#if defined(__x86_64__) || defined(_M_X64)
    FloatEnvironment() noexcept : saved_(_mm_getcsr()) { _mm_setcsr(0x1f80U); }
    ~FloatEnvironment() { _mm_setcsr(saved_); }
#elif defined(__aarch64__)
    FloatEnvironment() noexcept {
        asm volatile("mrs %0, fpcr" : "=r"(saved_));
        asm volatile("msr fpcr, %0" : : "r"(std::uint64_t{0}));
    }
    ~FloatEnvironment() { asm volatile("msr fpcr, %0" : : "r"(saved_)); }
#else
    FloatEnvironment() noexcept {}
    ~FloatEnvironment() {}
#endif
    FloatEnvironment(const FloatEnvironment&) = delete;
    FloatEnvironment& operator=(const FloatEnvironment&) = delete;

  private:
#if defined(__aarch64__)
    std::uint64_t saved_ = 0;
#else
    unsigned saved_ = 0;
#endif
};

}  // namespace racer
