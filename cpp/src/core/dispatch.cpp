#include "core/dispatch.hpp"

#include <array>
#include <atomic>

namespace racer {

RACER_EACH_SET(RACER_DECLARE_TABLE, InstructionSet, kInstructionSet)

namespace {

constexpr const InstructionSet* kSets[] = {RACER_EACH_SET(RACER_POINT_TO_TABLE, kInstructionSet)};
constexpr std::size_t kCount = std::size(kSets);

bool can_run(const InstructionSet& set) noexcept {
#if defined(RACER_HAVE_AVX512)
    if (set.name == "avx2") return __builtin_cpu_supports("avx2");
    if (set.name == "avx512") {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    }
#endif
    return set.lanes <= 2;  // what every CPU of this architecture has
}

struct Available {
    std::array<const InstructionSet*, kCount> sets{};
    std::array<int, kCount> index{};
    std::size_t count = 0;
};

const Available& available() noexcept {
    static const Available found = [] {
        Available a;
        for (std::size_t i = 0; i < kCount; ++i) {
            if (!can_run(*kSets[i])) continue;
            a.sets[a.count] = kSets[i];
            a.index[a.count++] = static_cast<int>(i);
        }
        return a;
    }();
    return found;
}

constexpr int kWidest = -1;
std::atomic<int> chosen{kWidest};

}  // namespace

int index_of_set_in_use() noexcept {
    const int index = chosen.load(std::memory_order_relaxed);
    return index != kWidest ? index : available().index[available().count - 1];
}

std::span<const InstructionSet* const> instruction_sets() noexcept {
    return {available().sets.data(), available().count};
}

const InstructionSet& instruction_set() noexcept { return *kSets[index_of_set_in_use()]; }

bool select_instruction_set(std::string_view name) noexcept {
    for (std::size_t i = 0; i < available().count; ++i) {
        if (available().sets[i]->name == name) {
            chosen.store(available().index[i], std::memory_order_relaxed);
            return true;
        }
    }
    return false;
}

}  // namespace racer
