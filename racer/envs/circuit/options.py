"""What commands take for circuits alone."""

from __future__ import annotations

from pathlib import Path

from racer.options import Option, Options, number

CAMERAS = ("follow", "north", "overview")
LAPS_DIR = "where laps are saved (default: racer/laps in your folder for user data)"
_PATH = {"type": Path, "metavar": "DIR"}
_SAVE_LAPS = Option("--save-laps", "save every lap as a file", settings=_PATH)

OPTIONS: Options = {
    "evaluate": (
        Option(
            "--track",
            "a circuit of the catalogue or a file; repeatable, or 'all'",
            settings={"action": "append", "metavar": "TRACK"},
        ),
        Option("--starts", "number of starting places (default 8)", 8, settings={"type": int}),
        Option(
            "--start",
            "how cars start (default rest): one on the line and the others at rest or rolling, "
            "or all standing on the line; laps from rolling starts are not proved",
            "rest",
            ("rest", "rolling", "standing"),
        ),
        Option(
            "--noise",
            "standard deviation of Gaussian noise on actions, 0 to 1 (default 0)",
            0.0,
            settings={"type": number, "metavar": "SD"},
        ),
        *(
            Option(
                f"--{name}",
                f"factor of the car's {what}, 0.5 to 1.5 (default 1); not the frozen physics",
                1.0,
                settings={"type": number, "metavar": "FACTOR"},
            )
            for name, what in (("grip", "tyre friction"), ("mass", "mass and yaw inertia"))
        ),
        Option("--laps", "flying laps from each place (default 2)", 2, settings={"type": int}),
        Option("--vehicle", "the vehicle (default gt)", "gt"),
        _SAVE_LAPS,
    ),
    "play": (
        Option("--track", "a circuit of the catalogue or a file"),
        Option(
            "--against",
            "another car's driver: casual, good, keyboard, random, a policy (*.onnx, or a "
            "name of `racer policies`), a run's folder or a lap (*.lap.npz); repeatable",
            settings={"action": "append", "metavar": "DRIVER"},
        ),
        Option("--vehicle", "the vehicle (default gt)", "gt"),
        Option("--camera", "{} (default follow)", "follow", CAMERAS),
        Option("--laps-dir", LAPS_DIR, settings=_PATH),
    ),
    "train": (
        Option(
            "--track",
            "a circuit of the catalogue or a file (default harbour); repeatable; 'all', or random "
            "ones such as 'random:1-99'",
            settings={"action": "append", "metavar": "TRACK"},
        ),
        Option("--vehicle", "the vehicle (default gt)"),
        Option(
            "--until-gap",
            "end the run at such a share above the minimum lap time, such as 0.03",
            settings={"type": number, "metavar": "SHARE"},
        ),
    ),
    "export": (
        Option("--observation", "lidar (default), track or road"),
        Option("--action", "pedals (default) or axis"),
        Option(
            "--ticks-per-action",
            "ticks of 1/60 s per action (default 1)",
            settings={"type": int, "metavar": "N"},
        ),
        Option("--vehicle", "the vehicle (default gt)"),
        Option("--track", "a circuit it was trained on; repeatable", settings={"action": "append"}),
    ),
}
