// The highway's kernels of the instruction set that racer::kernels() has chosen.
#include "racer/highway/kernels.hpp"

namespace racer::highway {

extern const Kernels kKernels_scalar;
extern const Kernels kKernels_baseline;
#if defined(RACER_HAVE_AVX2)
extern const Kernels kKernels_avx2;
#endif
#if defined(RACER_HAVE_AVX512)
extern const Kernels kKernels_avx512;
#endif

const Kernels& kernels() noexcept {
    const std::string_view name = racer::kernels().name;
#if defined(RACER_HAVE_AVX512)
    if (name == kKernels_avx512.name) return kKernels_avx512;
#endif
#if defined(RACER_HAVE_AVX2)
    if (name == kKernels_avx2.name) return kKernels_avx2;
#endif
    return name == kKernels_scalar.name ? kKernels_scalar : kKernels_baseline;
}

}  // namespace racer::highway
