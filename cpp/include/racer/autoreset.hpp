// What a batch of any kind does with a world whose episode is over; the modes are Gymnasium's.
#pragma once

namespace racer {

enum class Autoreset : int { kSameStep, kNextStep, kDisabled };

}  // namespace racer
