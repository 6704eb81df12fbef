// The lap clock, driven by made-up paths along a track.
#include "check.hpp"
#include "circuit/lap_timing.hpp"

using namespace racer;
using namespace racer::RACER_ISA;

namespace {

constexpr double kLength = 1000.0;

Track plain_track() {
    Track track;
    track.length = kLength;
    for (int i = 1; i < 20; ++i) track.checkpoints.push_back(50.0 * i);
    for (int i = 0; i < kSectors; ++i) track.sector_end[i] = kLength * (i + 1) / kSectors;
    return track;
}

// A driver whose place is a function of time; laps it completes are kept.
struct Driver {
    Track track = plain_track();
    LapClock clock{};
    double s = 0.0;
    std::int32_t tick = 0;
    double tick_seconds = kTickSeconds;
    std::vector<LapEvent> laps;

    void move(double progress, std::int32_t reasons = 0) {
        LapEvent event;
        if (advance(clock, track, s, progress, tick, reasons, event, tick_seconds)) {
            laps.push_back(event);
        }
        s += progress;
        if (s >= kLength) s -= kLength;
        if (s < 0.0) s += kLength;
        ++tick;
    }
    void drive(double distance, double per_tick, std::int32_t reasons = 0) {
        const int ticks = static_cast<int>(distance / per_tick);
        for (int i = 0; i < ticks; ++i) move(per_tick, reasons);
        const double rest = distance - ticks * per_tick;
        if (rest != 0.0) move(rest, reasons);
    }
};

void a_clean_lap_is_timed_and_valid() {
    Driver driver;
    driver.s = 990.0;
    driver.drive(10.4, 0.9);  // the out lap ends: crossing after 10 m
    CHECK(driver.laps.empty());
    CHECK(driver.clock.running == 1);
    driver.drive(1000.0, 0.9);
    CHECK(driver.laps.size() == 1);
    if (driver.laps.size() != 1) return;
    const LapEvent& lap = driver.laps[0];
    CHECK(lap.valid == 1 && lap.reasons == 0 && lap.standing == 0 && lap.lap == 1);
    CHECK_NEAR(lap.sectors[0] + lap.sectors[1] + lap.sectors[2], lap.time, 1e-12);
    CHECK(lap.sectors[0] > 0 && lap.sectors[1] > 0 && lap.sectors[2] > 0);
}

void a_standing_lap_starts_with_the_clock() {
    Driver driver;
    driver.clock = standing_start();
    driver.drive(1000.5, 1.0);
    CHECK(driver.laps.size() == 1);
    CHECK(driver.laps.at(0).standing == 1 && driver.laps.at(0).valid == 1);
    CHECK_NEAR(driver.laps.at(0).time, 1000.0 * kTickSeconds, 1e-9);
    CHECK(driver.laps.at(0).finish_tick == 999);
    for (const double sector : driver.laps.at(0).sectors) {
        CHECK_NEAR(sector, 1000.0 / 3.0 * kTickSeconds, 1e-9);
    }
    driver.drive(1000.0, 1.0);
    CHECK(driver.laps.size() == 2);
    CHECK(driver.laps.at(1).standing == 0 && driver.laps.at(1).lap == 2);
}

// The same path in time, sampled with a whole and with a half tick: accelerating over both
// crossings.
LapEvent lap_of(int per_tick, double phase) {
    Driver driver;
    driver.tick_seconds = kTickSeconds / per_tick;
    driver.s = 990.0;
    const auto place = [](double t) { return 990.0 + 40.0 * t + 0.5 * 2.0 * t * t; };
    double t = phase * kTickSeconds;
    driver.move(place(t) - 990.0);
    while (driver.laps.empty()) {
        const double next = t + driver.tick_seconds;
        driver.move(place(next) - place(t));
        t = next;
    }
    return driver.laps[0];
}

void halving_the_tick_moves_a_lap_time_by_less_than_a_millisecond() {
    for (int i = 0; i < 50; ++i) {
        const double phase = 0.02 * i + 0.001;
        const LapEvent lap = lap_of(1, phase);
        CHECK_NEAR(lap.time, lap_of(2, phase).time, 1e-3);
        // When the car has gone so far: distance = 40 t + t^2, the lap begins after 10 m.
        const auto moment = [](double distance) { return std::sqrt(400.0 + distance) - 20.0; };
        CHECK_NEAR(lap.time, moment(10.0 + kLength) - moment(10.0), 1e-4);
        for (int j = 0; j < kSectors; ++j) {
            const double begin = 10.0 + kLength * j / kSectors;
            CHECK_NEAR(lap.sectors[j], moment(begin + kLength / kSectors) - moment(begin), 1e-4);
        }
    }
}

void reversing_over_the_line_gives_no_valid_lap() {
    Driver driver;
    driver.clock = standing_start();
    driver.drive(20.0, 1.0);
    for (int i = 0; i < 40; ++i) driver.move(-1.0);
    driver.drive(30.0, 1.0);  // over the line forwards again
    CHECK(driver.laps.empty());
    driver.drive(1000.0, 1.0);
    CHECK(driver.laps.size() == 1);
    CHECK(driver.laps.at(0).valid == 0);
    CHECK(driver.laps.at(0).reasons == kLapReversed);
    driver.drive(1000.0, 1.0);
    CHECK(driver.laps.size() == 2);
    CHECK(driver.laps.at(1).valid == 1);
}

void oscillating_on_the_line_gives_no_lap() {
    for (const bool standing : {false, true}) {
        Driver driver;
        if (standing) driver.clock = standing_start();
        for (int i = 0; i < 1000; ++i) {
            driver.drive(3.0, 0.7);
            for (int j = 0; j < 3; ++j) driver.move(-1.0);
            driver.drive(1.0, 0.3);
            driver.move(-1.0);
        }
        CHECK(driver.laps.empty());
    }
}

void a_lap_right_after_a_lap_by_reversing_is_not_one() {
    Driver driver;
    driver.clock = standing_start();
    driver.drive(1001.0, 1.0);
    CHECK(driver.laps.size() == 1);
    for (int i = 0; i < 5; ++i) driver.move(-1.0);
    driver.drive(10.0, 1.0);
    CHECK(driver.laps.size() == 1);
}

void a_jump_over_checkpoints_gives_no_lap() {
    // A leap of 100 m along the lap (a cut, if the projection ever allowed one) passes checkpoints
    // in order, but a lap that began past some of them does not.
    Driver driver;
    driver.clock = standing_start();
    driver.s = 500.0;  // put somewhere else without restarting the clock
    driver.drive(501.0, 1.0);
    CHECK(driver.laps.empty());
}

void a_broken_rule_stays_with_its_lap() {
    Driver driver;
    driver.clock = standing_start();
    driver.drive(400.0, 1.0);
    driver.move(1.0, kLapOffTrack);
    driver.drive(610.0, 1.0);
    CHECK(driver.laps.at(0).valid == 0 && driver.laps.at(0).reasons == kLapOffTrack);
    driver.drive(500.0, 1.0);
    driver.move(0.0, kLapWall);  // at rest against a wall
    driver.drive(500.0, 1.0);
    CHECK(driver.laps.at(1).reasons == kLapWall);
    driver.drive(1000.0, 1.0);
    CHECK(driver.laps.at(2).valid == 1);
}

}  // namespace

int main() {
    a_clean_lap_is_timed_and_valid();
    a_standing_lap_starts_with_the_clock();
    halving_the_tick_moves_a_lap_time_by_less_than_a_millisecond();
    reversing_over_the_line_gives_no_valid_lap();
    oscillating_on_the_line_gives_no_lap();
    a_lap_right_after_a_lap_by_reversing_is_not_one();
    a_jump_over_checkpoints_gives_no_lap();
    a_broken_rule_stays_with_its_lap();
    return racer::test::report();
}
