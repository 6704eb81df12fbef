#pragma once

#include <cstdint>

namespace racer::highway {

// What one thread needs while it steps a world; nothing in it outlives a frame.
struct Scratch {
    std::int32_t* lists = nullptr;       // (lanes, stride): vehicles of each lane by x
    std::int32_t* counts = nullptr;      // (lanes,)
    std::int32_t* front = nullptr;       // (stride,): vehicle ahead in its own lane, -1 if none
    std::int32_t* place = nullptr;       // (stride,): in the order along the road
    double* front_s = nullptr;           // (stride,) of the vehicle ahead
    double* front_vx = nullptr;          // (stride,)
    double* front_vy = nullptr;          // (stride,)
    double* free_term = nullptr;         // (stride,): acceleration on a free road
    double* closest = nullptr;           // (stride,): closest lane
    double* d = nullptr;                 // (stride,): from the middle of the target lane
    double* own_acceleration = nullptr;  // (controlled,): commanded by the actions
    double* own_slip = nullptr;          // (controlled,)
    double* distance = nullptr;          // (stride,): of the vehicles that an ego vehicle sees
    std::int32_t* pairs = nullptr;       // (2 * pair_capacity): pairs of ranks that may collide
    int pair_capacity = 0;
};

}  // namespace racer::highway
