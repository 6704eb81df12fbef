r"""Compares the highway world with the real highway-env package, step by step.

highway-env lives in an environment of its own (`pip install highway-env==1.12.1`), whose Python
plays the episodes; our world starts from the state after its resets and takes the same actions:

    python -m racer.tools.highway_parity --python ~/highway/bin/python --episodes 200

A configuration of your own, as HighwayEnv takes it, as JSON or in a JSON or TOML file:

    python -m racer.tools.highway_parity --python ~/highway/bin/python --episodes 20 \
        --config '{"lanes_count": 3, "observation": {"type": "Kinematics", "see_behind": true}}'

`--id highway-fast-v0` takes its defaults; several `--config` are several rows. `--plan` names a
JSON list of `{"name", "id", "config", "episodes", "seed", "steps"}`. `--portable` plays without
AVX-512, which changes last bits (docs/highway.md). Prints a table and exits 1 if anything differs
by more than the bars, 2 if we do not offer what a configuration asks for or nothing was played.

The column `step` is the largest difference of position, heading and speed after one step from the
very state that HighwayEnv had reached: how far the rules differ, without what grows out of last
bits from step to step. Columns of observations: `same` counts numbers that differ as float32 when
our world is put into that state; `obs` those that differ after both have driven, by more than
`OBSERVATION_BAR` in double precision; `bits` those that differ by less.
"""

from __future__ import annotations

import argparse
import json
import os
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
from racer.envs.highway.worlds import HighwayWorlds
from racer.errors import ConfigError, RacerError
from racer.tools.highway_plans import PRESETS, own_plan, plan_of
from racer.tools.highway_reference import START, STATE

STATE_BAR = 1e-9  # of positions [m], headings [rad] and speeds [m/s]
REWARD_BAR = 1e-12
# Observations are compared as float32. States that differ by 1e-13, the last bits of two libraries'
# arcsines, come to lie on either side of a boundary between two float32 now and then. Then some
# number within this bar of HighwayEnv's own, in double precision, rounds to our float32.
OBSERVATION_BAR = 1e-12
# With this, NumPy takes its functions from the C library, as on a processor without AVX-512.
PORTABLE = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_SKX AVX512_ICL AVX512_SPR"}


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
    step: float = 0.0  # of all three, of a step from the very state that HighwayEnv had reached
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

    @property
    def steps_equal(self) -> bool:
        """Whether single steps were compared, and all of them are within the bar of states."""
        return 0.0 < self.step <= STATE_BAR and self.decisions == self.flags == 0


def start_records(start: NDArray[np.float64]) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Records for `HighwayBatch.restore` from states after resets (E, K, fields of START)."""
    vehicles: Any = np.zeros(start.shape[:2], _core.highway.VEHICLE)
    for column, name in enumerate(START):
        vehicles[name] = start[..., column]
    records: Any = np.zeros(len(start), _core.highway.WORLD)
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
        if every == 1 and step > 0:
            twins.actions[rows] = worlds.actions[rows]
            twins.batch.step(twins.actions)
            found.step = max(found.step, *_errors(twins.telemetry, rows, arrays["states"][at]))
        error = np.abs(worlds.rewards[rows] - arrays["rewards"][at])
        found.reward = max(found.reward, float(error.max()))
        for name in ("terminated", "truncated"):
            found.flags += int((getattr(worlds, name)[rows] != arrays[name][at]).sum())
        found.crashes += int(worlds.outcomes["crashed"][rows].sum())
        if step % every == 0:
            place = at if every == 1 else arrays["place"][at]
            _compare_states(found, worlds.telemetry, rows, arrays["states"][place])
            twins.batch.restore(
                *_current_records(worlds, rows, arrays["states"][place]), rows.tolist()
            )
            if not ordered:
                continue
            _compare_observations(found, worlds.observations[rows], arrays["observations"][place])
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


def _errors(
    telemetry: Mapping[str, NDArray[Any]], rows: NDArray[np.intp], states: NDArray[np.float64]
) -> tuple[float, float, float]:
    """The largest differences of positions, headings and speeds."""

    def error(name: str) -> float:
        return float(np.abs(telemetry[name][rows] - states[..., STATE.index(name)]).max())

    return max(error("x"), error("y")), error("heading"), error("speed")


def _compare_states(
    found: Difference,
    telemetry: Mapping[str, NDArray[Any]],
    rows: NDArray[np.intp],
    states: NDArray[np.float64],
) -> None:
    position, heading, speed = _errors(telemetry, rows, states)
    found.position = max(found.position, position)
    found.heading = max(found.heading, heading)
    found.speed = max(found.speed, speed)
    for name in ("lane", "target_lane", "crashed"):
        ours, theirs = telemetry[name][rows], states[..., STATE.index(name)]
        differ = ours != theirs
        if name == "target_lane":  # a vehicle that is driven directly has none
            differ[:, 0] &= telemetry["target_speed"][rows, 0] != 0.0
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
        f"{'heading':>10}{'speed':>10}{'step':>10}{'reward':>10}{'lanes':>6}{'flags':>6}"
        f"{'numbers':>9}{'same':>5}{'obs':>5}{'bits':>6}{'by':>10}"
    )
    lines = [
        f"{d.name[:41]:42}{d.episodes:9}{d.steps:7}{d.crashes:8}{d.position:10.1e}{d.heading:10.1e}"
        f"{d.speed:10.1e}{d.step:10.1e}{d.reward:10.1e}{d.decisions:6}{d.flags:6}"
        f"{d.numbers:9}{d.same_state:5}{d.observations:5}{d.last_bits:6}{d.straddling:10.1e}"
        f"{'' if d.equal else '  DIFFERS' + (', single steps do not' if d.steps_equal else '')}"
        for d in differences
    ]
    numbers = max(sum(d.numbers for d in differences), 1)
    flips = sum(d.last_bits for d in differences)
    return "\n".join(
        [head, *lines, f"{1e6 * flips / numbers:.1f} of a million numbers differ as float32"]
    )


def _content(args: argparse.Namespace) -> list[dict[str, Any]]:
    if min(args.episodes, args.steps) < 1:
        raise ConfigError("--episodes and --steps must be at least 1.")
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
    parser.add_argument("--portable", action="store_true", help="the reference without AVX-512")
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
            play = [args.python, str(script), str(plan), recorded]
            try:
                env = os.environ | (PORTABLE if args.portable else {})
                subprocess.run(play, check=True, env=env)
            except (OSError, subprocess.CalledProcessError) as problem:
                print(f"highway-env did not play: {problem}.", file=sys.stderr)
                return 2
        episodes = load(recorded)
        if args.save is not None:
            np.savez_compressed(args.save, **thin(episodes, args.every))  # type: ignore[arg-type]
        differences = [compare(entry, arrays) for entry, arrays in episodes]
    print(report(differences))
    return 0 if all(difference.equal for difference in differences) else 1


if __name__ == "__main__":
    raise SystemExit(main())
