// The lap clock: the only timing code, for humans, agents and replays.
//
// A lap counts when the line (s = 0) is crossed forwards after all checkpoints were passed in
// order. The moment of crossing is interpolated inside the tick. A lap with a reason (LapReason)
// against it is reported but not valid; crossing the line backwards is such a reason, and does not
// stop the clock, so that neither reversing nor oscillating on the line can produce a short lap.
#pragma once

#include "core/lanes.hpp"
#include "racer/rules.hpp"
#include "racer/track.hpp"

namespace racer::RACER_ISA {

struct LapClock {
    double lap_start = 0.0;                 // [tick]
    double sector_start = 0.0;              // [tick]
    double sector_time[kSectors - 1] = {};  // [s]
    std::int32_t running = 0, standing = 0, lap = 0, reasons = 0, checkpoint = 0, sector = 0;
};

// A standing start: at rest on the line, the clock runs from the first tick.
RACER_INLINE LapClock standing_start() {
    LapClock clock;
    clock.running = 1;
    clock.standing = 1;
    clock.lap = 1;
    return clock;
}

// Advances the clock over one tick in which the car moved from `s` (in [0, length)) by the signed
// `progress`. `tick` counts ticks before this one. Returns true if a lap was completed.
RACER_INLINE bool advance(LapClock& clock, const Track& track, double s, double progress,
                          std::int32_t tick, std::int32_t new_reasons, LapEvent& event,
                          double tick_seconds = kTickSeconds) {
    if (clock.running != 0) clock.reasons |= new_reasons;
    if (progress == 0.0) return false;
    const double end = s + progress;
    if (progress < 0.0) {
        if (clock.running != 0 && end < 0.0) clock.reasons |= kLapReversed;
        return false;
    }
    const auto moment = [&](double place) {
        return static_cast<double>(tick) + (place - s) / progress;
    };
    if (clock.running != 0) {
        const auto count = static_cast<std::int32_t>(track.checkpoints.size());
        while (clock.checkpoint < count) {
            const double place = track.checkpoints[static_cast<std::size_t>(clock.checkpoint)];
            if (!(s < place && place <= end)) break;
            ++clock.checkpoint;
        }
        if (clock.sector < kSectors - 1) {
            const double place = track.sector_end[clock.sector];
            if (s < place && place <= end) {
                const double now = moment(place);
                clock.sector_time[clock.sector] = (now - clock.sector_start) * tick_seconds;
                clock.sector_start = now;
                ++clock.sector;
            }
        }
    }
    if (end < track.length) return false;

    const double now = moment(track.length);
    if (clock.running == 0) {  // the end of the out lap
        clock = LapClock{};
        clock.running = 1;
        clock.lap = 1;
        clock.lap_start = clock.sector_start = now;
        return false;
    }
    if (clock.checkpoint < static_cast<std::int32_t>(track.checkpoints.size())) return false;
    event.completed = 1;
    event.valid = clock.reasons == 0 ? 1 : 0;
    event.standing = static_cast<std::uint8_t>(clock.standing);
    event.reasons = static_cast<std::uint32_t>(clock.reasons);
    event.lap = clock.lap;
    event.finish_tick = tick;
    event.time = (now - clock.lap_start) * tick_seconds;
    event.sectors[0] = clock.sector_time[0];
    event.sectors[1] = clock.sector_time[1];
    event.sectors[2] = (now - clock.sector_start) * tick_seconds;
    const std::int32_t next_lap = clock.lap + 1;
    clock = LapClock{};
    clock.running = 1;
    clock.lap = next_lap;
    clock.lap_start = clock.sector_start = now;
    return true;
}

}  // namespace racer::RACER_ISA
