// Compiled once per instruction set: what the build calls it, and how wide its registers are.
#include "core/dispatch.hpp"
#include "core/lanes.hpp"

namespace racer {

extern const InstructionSet RACER_OF_THIS_SET(kInstructionSet);
const InstructionSet RACER_OF_THIS_SET(kInstructionSet) = {RACER_TEXT(RACER_ISA),
                                                           RACER_ISA::kLanes};

}  // namespace racer
