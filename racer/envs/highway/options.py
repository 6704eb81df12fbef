"""What commands take for the highway alone."""

from __future__ import annotations

from pathlib import Path

from racer.options import Option, Options, pace

CAMERAS = ("along", "behind")
CONFIG = Option("--config", "settings, .toml or .json", settings={"metavar": "FILE"})

OPTIONS: Options = {
    "evaluate": (
        Option("--episodes", "number of episodes (default 100)", 100, settings={"type": int}),
        CONFIG,
        Option(
            "--video",
            "video of the first episodes (.mp4, .gif)",
            settings={"type": Path, "metavar": "FILE"},
        ),
        Option(
            "--video-episodes",
            "how many of them (default 1)",
            1,
            settings={"type": int, "metavar": "N"},
        ),
    ),
    "play": (
        Option("--camera", "{} (default along)", "along", CAMERAS),
        Option(
            "--episode", "number of the episode of this seed (default 0)", settings={"type": int}
        ),
        Option("--rate", "speed, relative to real time (default 1)", settings={"type": pace}),
        CONFIG,
    ),
    "export": (CONFIG,),
}
