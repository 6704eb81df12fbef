"""`make demo`: train an agent, rank it, draw its laps, and say how to race it.

Everything goes through the code of the commands: PPO for about three minutes, the policy exported
to ONNX, evaluation against scripted drivers, laps recorded and verified, one picture, one film.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from racer._core import TICK_SECONDS
from racer._core.circuit import Track
from racer.drivers import make_driver
from racer.drivers.shipped import shipped_policies
from racer.envs.circuit.session import FinishedLap, Seat, Session, drive
from racer.errors import RacerError
from racer.laps import LapRecord, save_lap, verify_lap
from racer.tracks import load_track

AGENT = "agent"
OPPONENTS = ("casual", "good")
CHAMPION = "champion"  # of the policies that come with Racer, beside which the agent is shown
REPORT_SEED = 3  # of starts that neither training nor the choice of its best model saw
HOME = Path("runs/demo")
TRAINING_STEPS = 15_000_000  # about three minutes on two free cores, and the same agent on all
MOST_MINUTES = 20.0  # on a slow or busy machine
LONGEST_STINT = 600.0  # [s] of simulated time per driver
STUCK = 10.0  # [s] at rest after which a driver will not finish
FILM_SECONDS = 12.0
FILM_SIZE = (960, 540)


@dataclass(frozen=True)
class Entry:
    """A driver's recorded flying lap, or None if it drove no valid one."""

    name: str
    record: LapRecord | None = None
    file: Path | None = None

    @property
    def time_s(self) -> float:
        """Lap time [s]; infinite without a lap."""
        return self.record.lap_time_s if self.record else float("inf")


def say(text: str = "") -> None:
    """Prints a line now."""
    print(text, flush=True)


def prepare(folder: Path) -> None:
    """Makes room for the run; only the demo's own last run is replaced.

    Raises:
        RacerError: the folder holds something else.
    """
    if not folder.exists():
        return
    if folder != HOME:
        raise RacerError(f"{folder}: already exists; choose another folder with --out.")
    if any(folder.iterdir()) and not (folder / "config.toml").is_file():
        raise RacerError(f"{folder}: is no training run; move it away first.")
    shutil.rmtree(folder)


def train_agent(track: str, folder: Path, seconds: float | None, seed: int) -> str:
    """Trains PPO, by steps unless a time is given; returns the path of the exported policy."""
    from racer.train.config import load_preset, load_train_config
    from racer.train.run_folder import RunFolder
    from racer.train.trainer import train

    steps, minutes = (TRAINING_STEPS, MOST_MINUTES) if seconds is None else (0, seconds / 60.0)
    settings = load_train_config(
        load_preset("ppo"), "ppo", track=track, steps=steps, minutes=minutes, seed=seed
    )
    train(settings, folder)
    policy = RunFolder(folder).policy
    if not policy.is_file():
        raise RacerError(f"{policy}: training exported no policy.")
    return str(policy)


def evaluate_all(specs: dict[str, str], track: Track) -> None:
    """Prints what each driver does from several starts."""
    from racer.envs.circuit.episodes import evaluate_driver

    say("  driver    starts  laps  valid  best lap  median  standing")
    for name, spec in specs.items():
        result = evaluate_driver(
            make_driver(spec, track), track, starts=8, laps=2, seed=REPORT_SEED
        ).as_json()
        times = "".join(
            f"{'-' if result[key] is None else format(result[key], '.3f'):>10}"
            for key in ("best_lap_s", "median_lap_s", "standing_lap_s")
        )
        counts = f"{result['starts']:6}{result['completed']:6}{result['valid']:7}"
        say(f"  {name:<10}{counts}{times}")


def best_flying_lap(spec: str, track: Track, laps: int = 3) -> LapRecord | None:
    """The fastest valid flying lap of a driver out of `laps`, after a standing one."""
    session = Session(track)
    seat = Seat(make_driver(spec, track), session)
    finished: list[FinishedLap] = []
    while len(finished) < laps + 1 and session.ticks * TICK_SECONDS < LONGEST_STINT:
        finished += drive(session, [seat], ticks=60)
        if session.telemetry["stillness_ticks"][0, 0] * TICK_SECONDS > STUCK:
            break
    flying = [lap for lap in finished if lap.valid and not lap.standing]
    return min(flying, key=lambda lap: lap.time_s).record() if flying else None


def record_and_verify(specs: dict[str, str], track: Track, folder: Path) -> list[Entry]:
    """Records a lap of each driver, saves it, and verifies the saved file.

    Raises:
        RacerError: a saved lap does not verify.
    """
    entries = []
    for name, spec in specs.items():
        record = best_flying_lap(spec, track)
        if record is None:
            entries.append(Entry(name))
            say(f"  {name:<8} drove no valid flying lap")
            continue
        record = record.driven_by(name, "agent")
        file = folder / f"{name}.lap.npz"
        save_lap(record, file)
        check = verify_lap(file)
        if not check.ok or check.lap_time_s != record.lap_time_s:
            raise RacerError(f"the recorded lap does not verify: {check.reason}")
        entries.append(Entry(name, record, file))
        say(f"  {name:<8} {record.lap_time_s:8.3f} s  verified  {file}")
    return entries


def draw(entries: Sequence[Entry], path: Path) -> None:
    """The picture: racing lines, speed and gap over distance."""
    from racer.laps.traces import trace_lap
    from racer.plots.laps import lap_picture

    lap_picture([trace_lap(entry.record) for entry in entries if entry.record], path)


def shoot(specs: dict[str, str], track: Track, path: Path, seconds: float) -> None:
    """The film: the agent against the others, from the line, without a display."""
    from racer.play.circuit.race import Race
    from racer.viewer.circuit.films import shoot_race

    drivers = [make_driver(spec, track) for spec in specs.values()]
    for driver, name in zip(drivers, specs, strict=True):
        driver.name = name
    shoot_race(Race(track, drivers), path, seconds=seconds, size=FILM_SIZE)


def ranking(entries: Sequence[Entry]) -> list[str]:
    """Lines of the table, fastest first."""
    ranked = sorted(entries, key=lambda entry: entry.time_s)
    lines = []
    for place, entry in enumerate(ranked, 1):
        if entry.record is None:
            lines.append(f"  -  {entry.name:<8} no valid flying lap")
            continue
        gap = "" if place == 1 else f"  +{entry.time_s - ranked[0].time_s:.3f} s"
        lines.append(f"  {place}  {entry.name:<8} {entry.time_s:8.3f} s{gap}")
    return lines


def offer_viewer(track: str, policy: str) -> None:
    """Asks a person at a display whether to race now; says nothing elsewhere."""
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    has_display = bool(display) or sys.platform in ("darwin", "win32")
    if not (has_display and sys.stdin.isatty() and sys.stdout.isatty()):
        return
    if input("\nRace it now? [y/N] ").strip().lower() in ("y", "yes"):
        command = [sys.executable, "-m", "racer.cli.main", "play"]
        subprocess.run([*command, "--track", track, "--against", policy], check=False)


def demo(args: argparse.Namespace) -> int:
    """Runs all of it; 0 if everything worked and the agent beat `casual`."""
    start = time.monotonic()
    folder: Path = args.out
    prepare(folder)
    track = load_track(args.track)
    length = "about three minutes" if args.seconds is None else f"{args.seconds:.0f} s"
    say(f"Training PPO on {track.name} ({track.length:,.0f} m) for {length}.")
    policy = train_agent(args.track, folder, args.seconds, args.seed)
    others = [*OPPONENTS, *(name for name in shipped_policies() if name == CHAMPION)]
    specs = {AGENT: policy} | {name: name for name in others}

    say(f"\nThe policy is exported: {policy}")
    say("\nEvaluation, from starts that training did not see:")
    evaluate_all(specs, track)
    say("\nRecorded laps, driven again from their inputs:")
    entries = record_and_verify(specs, track, folder / "laps")
    picture, film = folder / "laps.png", folder / "race.mp4"
    draw(entries, picture)
    shoot(specs, track, film, args.film_seconds)
    say(f"\nPicture: {picture}\nFilm:    {film}")

    say(f"\nRanking, flying laps on {track.name}:")
    for line in ranking(entries):
        say(line)
    say(f"\nDone in {time.monotonic() - start:.0f} s. Race it:")
    say(f"  .venv/bin/racer play --track {args.track} --against {policy}")
    say(f"  .venv/bin/racer verify {folder}/laps/*.lap.npz")
    say(f"  .venv/bin/tensorboard --logdir {folder}")
    agent, casual = (next(e for e in entries if e.name == name) for name in (AGENT, "casual"))
    if agent.time_s >= casual.time_s and not args.any_agent:
        say("\nThe agent did not beat `casual` this time: train longer, or with another --seed.")
        return 1
    offer_viewer(args.track, policy)
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command `python -m racer.tools.demo`."""
    parser = argparse.ArgumentParser(prog="python -m racer.tools.demo", description=__doc__)
    parser.add_argument("--seconds", type=float, help="train for a time, not by steps")
    parser.add_argument("--film-seconds", type=float, default=FILM_SECONDS, help="of the film")
    parser.add_argument("--track", default="harbour", help="a circuit of the catalogue or a file")
    parser.add_argument("--out", type=Path, default=HOME, help=f"folder (default {HOME})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--any-agent", action="store_true", help="succeed however slow the agent is (for tests)"
    )
    args = parser.parse_args(arguments)
    try:
        return demo(args)
    except RacerError as problem:
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ndemo: interrupted.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
