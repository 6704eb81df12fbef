"""What commands take for circuits alone."""

from __future__ import annotations

from pathlib import Path

from racer.options import Option, Options

CAMERAS = ("follow", "north", "overview")
LAPS_DIR = "where laps are saved (default: racer/laps in your folder for user data)"
_PATH = {"type": Path, "metavar": "DIR"}
_SAVE_LAPS = Option("--save-laps", "save every lap as a file", settings=_PATH)

OPTIONS: Options = {
    "evaluate": (
        Option(
            "--track",
            "a circuit of the catalogue or a file; several times for several, or 'all'",
            settings={"action": "append", "metavar": "TRACK"},
        ),
        Option("--starts", "places to start from (default 8)", 8, settings={"type": int}),
        Option(
            "--start",
            "how the cars start that are not on the line (default rest); laps from rolling starts "
            "cannot be proved",
            "rest",
            ("rest", "rolling"),
        ),
        Option("--laps", "flying laps from each (default 2)", 2, settings={"type": int}),
        Option("--vehicle", "the vehicle (default gt)", "gt"),
        _SAVE_LAPS,
    ),
    "play": (
        Option("--track", "a circuit of the catalogue or a file"),
        Option(
            "--against",
            "another car's driver: casual, good, keyboard, random, a policy (*.onnx), a run's "
            "folder or a lap (*.lap.npz); several times for several",
            settings={"action": "append", "metavar": "DRIVER"},
        ),
        Option("--vehicle", "the vehicle (default gt)", "gt"),
        Option("--camera", "{} (default follow)", "follow", CAMERAS),
        Option("--laps-dir", LAPS_DIR, settings=_PATH),
    ),
    "train": (
        Option("--track", "one circuit, of the catalogue or a file (default harbour)"),
        Option("--vehicle", "the vehicle (default gt)"),
    ),
    "export": (
        Option("--observation", "lidar (default) or track"),
        Option("--action", "pedals (default) or axis"),
        Option("--ticks-per-action", "default 1", settings={"type": int, "metavar": "N"}),
        Option("--vehicle", "default gt"),
        Option(
            "--track", "it was trained on; several times for several", settings={"action": "append"}
        ),
    ),
}
