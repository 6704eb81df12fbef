// Which vector instructions the engine uses. All of them compute the same bits; they differ in
// speed alone.
#pragma once

#include <span>
#include <string_view>

namespace racer {

struct InstructionSet {
    std::string_view name;
    int lanes;  // doubles per register
};

// Those that this build has kernels for and this CPU can run, narrowest first.
[[nodiscard]] std::span<const InstructionSet* const> instruction_sets() noexcept;
// The one in use, by the whole process: the widest, unless chosen otherwise.
[[nodiscard]] const InstructionSet& instruction_set() noexcept;
// False if there is none of that name here.
[[nodiscard]] bool select_instruction_set(std::string_view name) noexcept;

}  // namespace racer
