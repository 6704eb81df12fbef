"""Laps as proofs: recording, files, driving again, verification.

`record` says what a lap is, `file` how it is stored (`header`, `format1`), `replay` drives it
again, `verify` compares, `names` says which circuit it was driven on, `traces` how it looked.
"""

from racer.laps.file import SUFFIX, decode_lap, encode_lap, load_lap, save_lap, save_new_lap
from racer.laps.names import check_track_name, track_title
from racer.laps.record import (
    MAX_TICKS,
    TICKS_PER_SECOND,
    LapRecord,
    Placement,
    check_claim,
    check_physics,
    grid_slot,
)
from racer.laps.replay import (
    Replay,
    drive_again,
    open_car,
    pedals_of,
    put_at_start,
    put_in_state,
    states_of,
)
from racer.laps.verify import LapCheck, identity_of, reason_names, record_lap, verify_lap

__all__ = [
    "MAX_TICKS",
    "SUFFIX",
    "TICKS_PER_SECOND",
    "LapCheck",
    "LapRecord",
    "Placement",
    "Replay",
    "check_claim",
    "check_physics",
    "check_track_name",
    "decode_lap",
    "drive_again",
    "encode_lap",
    "grid_slot",
    "identity_of",
    "load_lap",
    "open_car",
    "pedals_of",
    "put_at_start",
    "put_in_state",
    "reason_names",
    "record_lap",
    "save_lap",
    "save_new_lap",
    "states_of",
    "track_title",
    "verify_lap",
]
