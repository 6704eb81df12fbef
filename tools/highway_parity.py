r"""Compares the highway world with the real highway-env package, step by step.

highway-env lives in an environment of its own (`pip install highway-env==1.12.1`), whose Python
plays the episodes; our world starts from the state after its resets and takes the same actions:

    python -m racer.tools.highway_parity --python ~/highway/bin/python --episodes 200

A configuration of your own, as HighwayEnv takes it, as JSON or in a JSON or TOML file:

    python -m racer.tools.highway_parity --python ~/highway/bin/python --episodes 20 \
        --config '{"lanes_count": 3, "observation": {"type": "Kinematics", "see_behind": true}}'

`--id highway-fast-v0` takes its defaults; several `--config` are several rows. `--plan` names a
JSON list of `{"name", "id", "config", "episodes", "seed", "steps"}`. Prints a table and exits 1 if
anything differs by more than the bars, 2 if we do not offer what a configuration asks for.

Columns of observations: `same` counts numbers that differ as float32 when our world is put into
the very state that HighwayEnv has reached; `obs` counts those that differ after both have driven,
by more than `OBSERVATION_BAR` in double precision; `bits` those that differ by less.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.envs.highway_config import OUR_KEYS, highway_settings, read_settings
from racer.envs.highway_worlds import HighwayWorlds
from racer.errors import ConfigError, RacerError
from racer.tools.highway_reference import START, STATE

PRESETS = {"highway-v0": "highway", "highway-fast-v0": "fast"}
STATE_BAR = 1e-9  # of positions [m], headings [rad] and speeds [m/s]
REWARD_BAR = 1e-12
# Observations are compared as float32. States that differ by 1e-13, the last bits of two libraries'
# arcsines, come to lie on either side of a boundary between two float32 now and then. Then some
# number within this bar of HighwayEnv's own, in double precision, rounds to our float32.
OBSERVATION_BAR = 1e-12

CONTINUOUS = {"type": "ContinuousAction"}
META = {"type": "DiscreteMetaAction"}
MISSION = ["presence", "x", "y", "vx", "vy", "heading"]
OFFSETS = ["presence", "x", "y", "vx", "vy", "cos_h", "sin_h", "lat_off", "ang_off", "long_off"]


def _kinematics(**settings: Any) -> dict[str, Any]:
    return {"type": "Kinematics", **settings}


CONFIGS: dict[str, tuple[str, dict[str, Any], int]] = {
    "continuous, 4 lanes": (
        "highway-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5, "vehicles_count": 30,
            "observation": _kinematics(vehicles_count=15, features=MISSION),
        },
        60,
    ),
    "continuous, 2 lanes, dense, see_behind": (
        "highway-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5, "lanes_count": 2, "vehicles_count": 20,
            "vehicles_density": 2,
            "observation": _kinematics(vehicles_count=10, features=MISSION, see_behind=True),
        },
        60,
    ),
    "meta, 4 lanes": ("highway-v0", {"action": META, "vehicles_count": 25}, 40),
    "meta, 3 lanes, dense, absolute": (
        "highway-v0",
        {
            "action": META, "policy_frequency": 2, "lanes_count": 3, "vehicles_count": 20,
            "vehicles_density": 1.5, "duration": 15,
            "observation": _kinematics(vehicles_count=8, absolute=True),
        },
        40,
    ),
    "fast": ("highway-fast-v0", {}, 30),
    "fast, continuous, not normalised": (
        "highway-fast-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5,
            "observation": _kinematics(vehicles_count=15, features=MISSION, normalize=False),
        },
        60,
    ),
    "continuous, 6 lanes, sparse, raw reward": (
        "highway-v0",
        {
            "action": CONTINUOUS, "policy_frequency": 5, "lanes_count": 6, "vehicles_count": 24,
            "vehicles_density": 0.5, "normalize_reward": False, "offroad_terminal": True,
            "observation": _kinematics(vehicles_count=6, features=OFFSETS, clip=False),
        },
        60,
    ),
    "meta, 5 lanes, own speeds and ranges": (
        "highway-v0",
        {
            "action": {**META, "target_speeds": [15, 20, 25, 30, 35]}, "policy_frequency": 3,
            "lanes_count": 5, "vehicles_count": 25, "initial_lane_id": 2, "ego_spacing": 1,
            "duration": 10,
            "observation": _kinematics(
                vehicles_count=12, see_behind=True,
                features_range={"x": [-100, 100], "y": [-20, 20]},
            ),
        },
        30,
    ),
}  # fmt: skip


@dataclass
class Difference:
    """The largest differences over the episodes of one configuration."""

    name: str
    episodes: int
    steps: int = 0
    crashes: int = 0
    position: float = 0.0
    heading: float = 0.0
    speed: float = 0.0
    reward: float = 0.0
    decisions: int = 0  # vehicles in another lane, with another target lane, or crashed or not
    flags: int = 0  # steps with another terminated or truncated
    numbers: int = 0  # in observations
    same_state: int = 0  # that differ as float32 although the state is HighwayEnv's
    observations: int = 0  # that differ as float32 by more than the bar
    last_bits: int = 0  # that differ as float32 by less
    straddling: float = 0.0  # the largest distance of those from what rounds to our float32

    @property
    def equal(self) -> bool:
        """Whether all is within the bars."""
        return (
            max(self.position, self.heading, self.speed) <= STATE_BAR
            and self.reward <= REWARD_BAR
            and self.decisions == self.flags == self.observations == self.same_state == 0
        )


def plan_of(episodes: int, seed: int) -> list[dict[str, Any]]:
    """A plan of at least so many episodes over the configurations above."""
    each = -(-episodes // len(CONFIGS))
    return [
        {
            "name": name, "id": env_id, "config": config,
            "episodes": each, "seed": seed + 1000 * number, "steps": steps,
        }
        for number, (name, (env_id, config, steps)) in enumerate(CONFIGS.items())
    ]  # fmt: skip


def start_records(start: NDArray[np.float64]) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Records for `HighwayBatch.restore` from states after resets (E, K, fields of START)."""
    vehicles: Any = np.zeros(start.shape[:2], _core.HIGHWAY_VEHICLE)
    for column, name in enumerate(START):
        vehicles[name] = start[..., column]
    records: Any = np.zeros(len(start), _core.HIGHWAY_WORLD)
    return vehicles, records


def compare(entry: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Difference:
    """Drives the recorded episodes of one entry of a plan in our world."""
    lengths = arrays["length"]
    ends = np.cumsum(lengths)
    begins = ends - lengths
    found = Difference(entry["name"], len(lengths), int(lengths.sum()))
    worlds = HighwayWorlds(
        len(lengths), entry["config"], PRESETS[entry["id"]], autoreset="disabled", seed=0
    )
    twins = HighwayWorlds(len(lengths), worlds.settings, autoreset="disabled", seed=0)
    worlds.batch.restore(*start_records(arrays["start"]))
    ordered = worlds.settings["observation"]["order"] == "sorted"  # the others are at random
    if ordered:
        _compare_observations(found, worlds.observations, arrays["first"])
    every = int(entry.get("every", 1))  # states are recorded every so many steps
    for step in range(int(lengths.max())):
        rows = np.flatnonzero(step < lengths)
        at = begins[rows] + step
        worlds.actions[rows] = arrays["actions"][at].reshape(worlds.actions[rows].shape)
        worlds.batch.step(worlds.actions)
        error = np.abs(worlds.rewards[rows] - arrays["rewards"][at])
        found.reward = max(found.reward, float(error.max()))
        for name in ("terminated", "truncated"):
            found.flags += int((getattr(worlds, name)[rows] != arrays[name][at]).sum())
        found.crashes += int(worlds.outcomes["crashed"][rows].sum())
        if step % every == 0:
            place = at if every == 1 else arrays["place"][at]
            _compare_states(found, worlds.facts, rows, arrays["states"][place])
            if not ordered:
                continue
            _compare_observations(found, worlds.observations[rows], arrays["observations"][place])
            twins.batch.restore(
                *_current_records(worlds, rows, arrays["states"][place]), rows.tolist()
            )
            theirs = arrays["observations"][place].astype(np.float32)
            found.same_state += int((twins.observations[rows] != theirs).sum())
    return found


def _current_records(
    worlds: HighwayWorlds, rows: NDArray[np.intp], states: NDArray[np.float64]
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Records of our worlds with HighwayEnv's states (E, K, fields of STATE) in their place."""
    vehicles, records = worlds.batch.snapshot(rows.tolist())
    for name in ("x", "y", "heading", "speed", "lane"):
        vehicles[name] = states[..., STATE.index(name)]
    return vehicles, records


def _compare_states(
    found: Difference,
    facts: Mapping[str, NDArray[Any]],
    rows: NDArray[np.intp],
    states: NDArray[np.float64],
) -> None:
    def error(name: str) -> float:
        return float(np.abs(facts[name][rows] - states[..., STATE.index(name)]).max())

    found.position = max(found.position, error("x"), error("y"))
    found.heading = max(found.heading, error("heading"))
    found.speed = max(found.speed, error("speed"))
    for name in ("lane", "target_lane", "crashed"):
        ours, theirs = facts[name][rows], states[..., STATE.index(name)]
        differ = ours != theirs
        if name == "target_lane":  # a vehicle that is driven directly has none
            differ[:, 0] &= facts["target_speed"][rows, 0] != 0.0
        found.decisions += int(differ.sum())


def _compare_observations(
    found: Difference, ours: NDArray[np.float32], theirs: NDArray[np.float64]
) -> None:
    found.numbers += theirs.size
    differ = ours != theirs.astype(np.float32)
    if not differ.any():
        return
    mine, exact = ours[differ], theirs[differ]
    # All that lies between these rounds to our number.
    low, high = (
        0.5 * (mine.astype(np.float64) + np.nextafter(mine, side)) for side in (-np.inf, np.inf)
    )
    distance = np.maximum(np.maximum(low - exact, exact - high), 0.0)
    beyond = distance > OBSERVATION_BAR
    found.observations += int(beyond.sum())
    found.last_bits += int((~beyond).sum())
    found.straddling = max(found.straddling, float(distance.max()))


def thin(
    recorded: Sequence[tuple[dict[str, Any], dict[str, NDArray[Any]]]], every: int
) -> dict[str, NDArray[Any]]:
    """The content of a smaller file, with states and observations of every so many steps only."""
    content: dict[str, NDArray[Any]] = {}
    plan = []
    for number, (entry, arrays) in enumerate(recorded):
        plan.append({**entry, "every": every})
        kept = np.concatenate([np.arange(length) % every == 0 for length in arrays["length"]])
        rows = {**arrays, "place": np.cumsum(kept) - 1}
        for name in ("states", "observations"):
            rows[name] = arrays[name][kept]
        content |= {f"{number}/{name}": values for name, values in rows.items()}
    return {**content, "plan": np.array(json.dumps(plan))}


def load(path: str | Path) -> list[tuple[dict[str, Any], dict[str, NDArray[Any]]]]:
    """The plan of a file of `highway_reference`, each entry with its arrays."""
    with np.load(path, allow_pickle=False) as file:
        content = {name: file[name] for name in file.files}
    plan = json.loads(str(content["plan"]))
    return [
        (entry, {k.split("/")[1]: v for k, v in content.items() if k.startswith(f"{number}/")})
        for number, entry in enumerate(plan)
    ]


def report(differences: Sequence[Difference]) -> str:
    """A table of what was found."""
    head = (
        f"{'configuration':42}{'episodes':>9}{'steps':>7}{'crashes':>8}{'position':>10}"
        f"{'heading':>10}{'speed':>10}{'reward':>10}{'lanes':>6}{'flags':>6}"
        f"{'numbers':>9}{'same':>5}{'obs':>5}{'bits':>6}{'by':>10}"
    )
    lines = [
        f"{d.name[:41]:42}{d.episodes:9}{d.steps:7}{d.crashes:8}{d.position:10.1e}{d.heading:10.1e}"
        f"{d.speed:10.1e}{d.reward:10.1e}{d.decisions:6}{d.flags:6}"
        f"{d.numbers:9}{d.same_state:5}{d.observations:5}{d.last_bits:6}{d.straddling:10.1e}"
        f"{'' if d.equal else '  DIFFERS'}"
        for d in differences
    ]
    numbers = max(sum(d.numbers for d in differences), 1)
    flips = sum(d.last_bits for d in differences)
    return "\n".join(
        [head, *lines, f"{1e6 * flips / numbers:.1f} of a million numbers differ as float32"]
    )


def own_plan(
    configs: Sequence[str], env_id: str, episodes: int, steps: int, seed: int
) -> list[dict[str, Any]]:
    """A plan of configurations given on the command line, as JSON or as files.

    Raises:
        ConfigError: there is no such key, or we do not offer what it asks for.
    """
    plan = []
    for number, text in enumerate(configs):
        if text.lstrip().startswith("{"):
            try:
                config = json.loads(text)
            except ValueError as problem:
                raise ConfigError(f"--config is not valid JSON ({problem}).") from None
        else:
            config = read_settings(text)
        highway_settings(config, PRESETS[env_id])  # says what we do not offer
        for key in sorted(OUR_KEYS & set(config)):
            raise ConfigError(f"{key} is a setting of Racer: HighwayEnv has nothing to compare.")
        if config.get("action", {}).get("type") == "Traffic":
            raise ConfigError("the action Traffic is Racer's: HighwayEnv has nothing to compare.")
        plan.append(
            {
                "name": text if len(configs) > 1 else "your configuration", "id": env_id,
                "config": config, "episodes": episodes, "seed": seed + 1000 * number,
                "steps": steps,
            }
        )  # fmt: skip
    return plan


def _content(args: argparse.Namespace) -> list[dict[str, Any]]:
    if args.config is None:
        return plan_of(args.episodes, args.seed)
    return own_plan(args.config, args.id, args.episodes, args.steps, args.seed)


def main() -> int:
    """Plays, compares and prints; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", default="python3", help="of the environment with highway-env")
    parser.add_argument("--episodes", type=int, default=200, help="over all configurations")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--config", action="append", help="JSON, or a JSON or TOML file; several")
    parser.add_argument("--id", choices=PRESETS, default="highway-v0", help="of --config")
    parser.add_argument("--steps", type=int, default=60, help="per episode of --config, at most")
    parser.add_argument("--plan", help="JSON file of a whole plan")
    parser.add_argument("--recorded", help="compare with this file instead of playing")
    parser.add_argument("--save", help="write the episodes to this file, thinned out")
    parser.add_argument("--every", type=int, default=5, help="steps between saved states")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        recorded = args.recorded
        if recorded is None:
            recorded = str(Path(folder) / "episodes.npz")
            plan = Path(args.plan or Path(folder) / "plan.json")
            if args.plan is None:
                try:
                    content = _content(args)
                except RacerError as problem:
                    print(problem, file=sys.stderr)
                    return 2
                plan.write_text(json.dumps(content), encoding="utf-8")
            script = Path(__file__).with_name("highway_reference.py")
            subprocess.run([args.python, str(script), str(plan), recorded], check=True)
        episodes = load(recorded)
        if args.save is not None:
            np.savez_compressed(args.save, **thin(episodes, args.every))  # type: ignore[arg-type]
        differences = [compare(entry, arrays) for entry, arrays in episodes]
    print(report(differences))
    return 0 if all(difference.equal for difference in differences) else 1


if __name__ == "__main__":
    raise SystemExit(main())
