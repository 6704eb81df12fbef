// Picks the kernels for this CPU. All of them compute the same bits; they differ in speed alone.
#include <array>
#include <atomic>

#include "racer/kernels.hpp"

namespace racer {

extern const Kernels kKernels_scalar;
extern const Kernels kKernels_baseline;
#if defined(RACER_HAVE_AVX2)
extern const Kernels kKernels_avx2;
#endif
#if defined(RACER_HAVE_AVX512)
extern const Kernels kKernels_avx512;
#endif

namespace {

struct Available {
    std::array<const Kernels*, 4> list{};
    std::size_t count = 0;
};

const Available& available() noexcept {
    static const Available found = [] {
        Available a;
        a.list[a.count++] = &kKernels_scalar;
        a.list[a.count++] = &kKernels_baseline;
#if defined(RACER_HAVE_AVX2)
        if (__builtin_cpu_supports("avx2")) a.list[a.count++] = &kKernels_avx2;
#endif
#if defined(RACER_HAVE_AVX512)
        if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
            __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
            a.list[a.count++] = &kKernels_avx512;
        }
#endif
        return a;
    }();
    return found;
}

std::atomic<const Kernels*> chosen{nullptr};

}  // namespace

std::span<const Kernels* const> available_kernels() noexcept {
    return {available().list.data(), available().count};
}

const Kernels& kernels() noexcept {
    const Kernels* k = chosen.load(std::memory_order_relaxed);
    return k != nullptr ? *k : *available_kernels().back();
}

bool select_kernels(std::string_view name) noexcept {
    for (const Kernels* k : available_kernels()) {
        if (k->name == name) {
            chosen.store(k, std::memory_order_relaxed);
            return true;
        }
    }
    return false;
}

}  // namespace racer
