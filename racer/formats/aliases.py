"""Names that are a contract: the mission's reward file and infos write them in camel case.

Everything else is written in snake case, in files, infos, Python and C++. Files may use either
spelling of these; what is written keeps the one that older files and readers know. A name that is
not in these tables has one spelling.
"""

from __future__ import annotations

from typing import Final

# Field of a circuit's settings -> its key in files.
KEYS: Final = {
    "ticks_per_action": "ticksPerAction",
    "pose_info": "poseInfo",
    "speed_bonus": "speedBonus",
    "wall_penalty": "wallPenalty",
    "off_track_penalty": "offTrackPenalty",
    "backward_penalty": "backwardPenalty",
    "stillness_penalty": "stillnessPenalty",
    "wheels_off_penalty": "wheelsOffPenalty",
    "stillness_speed_threshold": "stillnessSpeedThreshold",
    "max_steps": "maxSteps",
    "stillness_timeout_ticks": "stillnessTimeoutTicks",
    "max_laps": "maxLaps",
    "terminate_off_track": "terminateOffTrack",
    "terminate_on_wall": "terminateOnWall",
    "terminate_wheels_off": "terminateWheelsOff",
    "standing_fraction": "standingFraction",
    "spawn_speed_low": "spawnSpeedLow",
    "spawn_speed_high": "spawnSpeedHigh",
    "lateral_fraction": "lateralFraction",
    "heading_error": "headingError",
}
# Two of the nine keys of an info; the other seven are one word.
INFO_KEYS: Final = {"off_track": "offTrack", "step_count": "stepCount"}
OFF_TRACK: Final = INFO_KEYS["off_track"]
STEP_COUNT: Final = INFO_KEYS["step_count"]
