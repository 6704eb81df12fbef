"""What commands take for a kind of world that names no options of its own."""

from __future__ import annotations

from racer.options import Option, Options

CONFIG = Option("--config", "settings, .toml or .json", settings={"metavar": "FILE"})

OPTIONS: Options = {
    "evaluate": (
        Option("--episodes", "how many episodes (default 100)", 100, settings={"type": int}),
        CONFIG,
    ),
    "export": (CONFIG,),
}
