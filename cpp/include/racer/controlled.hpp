// Whose episode it is.
#pragma once

namespace racer {

// The vehicles of each world that episodes are about, of agents or of people: indices
// [first, first + count). Rules never take a vehicle for one of them because of its index.
struct Controlled {
    int first = 0;
    int count = 1;
};

[[nodiscard]] constexpr bool is_controlled(const Controlled& controlled, int i) {
    return i >= controlled.first && i < controlled.first + controlled.count;
}

}  // namespace racer
