"""The minimum times that are known: shipped with Racer, or computed here before.

A result holds for one track and one physics, by their fingerprints; for any other there is none.
Reading needs no solver.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from racer import _core
from racer.errors import RacerError
from racer.formats.files import atomic_write, read_bytes

FORMAT = 1
SHIPPED = Path(__file__).parent.parent / "data" / "optimal"
COLUMNS = ("s", "t", "n", "xi", "v_x", "v_y", "yaw_rate", "steer", "a_x", "throttle", "brake")
_DIGITS = (2, 4, 3, 5, 3, 4, 4, 5, 2, 3, 3)
_LIMIT = 4 << 20


@dataclass(frozen=True)
class Reference:
    """A minimum-time result.

    Attributes:
        track: name of the circuit.
        track_fingerprint, vehicle, physics: what it holds for.
        flying_lap_s: the bound of a flying lap [s].
        standing_lap_s: the bound of a lap from rest on the line [s], if it was solved.
        quasi_steady_s: the quasi-steady estimate [s], a cross-check above the bound.
        demonstrated_lap_s: the best valid flying lap that a driver proved in the engine [s].
        violation: largest violation along the solution.
        meshes: [intervals, time] of every mesh, coarsest first.
        lap: the flying lap, columns as `COLUMNS` (SI units; throttle and brake as pedals).
    """

    track: str
    track_fingerprint: str
    vehicle: str
    physics: str
    flying_lap_s: float
    standing_lap_s: float | None
    quasi_steady_s: float
    demonstrated_lap_s: float | None
    violation: float
    meshes: tuple[tuple[int, float], ...]
    lap: dict[str, NDArray[np.float64]]

    def as_json(self) -> dict[str, Any]:
        """The result as it is written."""
        content = asdict(self)
        content["lap"] = {
            name: np.round(self.lap[name], digits).tolist()
            for name, digits in zip(COLUMNS, _DIGITS, strict=True)
        }
        content["meshes"] = [list(mesh) for mesh in self.meshes]
        return {"format": FORMAT, **content}

    def thinned(self, rows: int) -> Reference:
        """The same with the lap in at most so many rows, evenly spread in time."""
        count = len(self.lap["t"])
        if count <= rows:
            return self
        t = np.linspace(self.lap["t"][0], self.lap["t"][-1], rows)
        thin = {name: np.interp(t, self.lap["t"], column) for name, column in self.lap.items()}
        return Reference(**{**vars(self), "lap": thin})


def reference_lap(track: _core.circuit.Track, vehicle: str = "gt") -> Reference | None:
    """The known minimum time for a track and vehicle, or None.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
    """
    physics = _core.physics_fingerprint(vehicle)
    return _known(track.fingerprint, vehicle, physics)


def demonstrated_lap(track: _core.circuit.Track, vehicle: str = "gt") -> Path | None:
    """The file of the demonstrated lap, if there is one on this computer that holds its proof.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
    """
    physics = _core.physics_fingerprint(vehicle)
    best: tuple[float, Path] | None = None
    places = [cache_path(track.fingerprint, vehicle, physics), *_shipped(vehicle)]
    for path in map(lap_path, places):
        lap_time_s = _proved_time(path, track.fingerprint, physics)
        if lap_time_s is not None and (best is None or lap_time_s < best[0]):
            best = lap_time_s, path
    return None if best is None else best[1]


def gaps(
    track: _core.circuit.Track, vehicle: str, lap_time_s: float | None, *, standing: bool = False
) -> dict[str, float | None]:
    """How much slower a lap is than the best known ones, as shares; None where that is unknown.

    "gap_to_optimal" is to the minimum time, "gap_to_demonstrated" to the best lap that was proved
    in the engine.

    Args:
        track: the circuit.
        vehicle: name of the vehicle.
        lap_time_s: the lap time [s], or None.
        standing: from rest on the line; then there is no demonstrated lap to compare with.
    """
    known = reference_lap(track, vehicle)
    bound = proved = None
    if known is not None:
        bound = known.standing_lap_s if standing else known.flying_lap_s
        proved = None if standing else known.demonstrated_lap_s

    def gap(best: float | None) -> float | None:
        return None if best is None or lap_time_s is None else lap_time_s / best - 1.0

    return {"gap_to_optimal": gap(bound), "gap_to_demonstrated": gap(proved)}


def gap_text(gap: float | None) -> str:
    """A gap for people, such as "+3.4 %", or "-"."""
    return "-" if gap is None else f"{100.0 * gap:+.1f} %"


@lru_cache(maxsize=64)
def _known(track: str, vehicle: str, physics: str) -> Reference | None:
    cached = cache_path(track, vehicle, physics)
    wanted = (track, vehicle, physics)

    def is_wanted(one: Reference) -> bool:
        return (one.track_fingerprint, one.vehicle, one.physics) == wanted

    found = list(filter(is_wanted, map(load_reference, _shipped(vehicle))))
    times = [one.demonstrated_lap_s for one in found]
    with suppress(RacerError):  # what is no result is as good as none
        own = load_reference(cached)
        if is_wanted(own):
            found.insert(0, own)
            times.append(_proved_time(lap_path(cached), track, physics))
    if not found:
        return None
    # The bound of the first; the best of the demonstrated laps, in the cache by its file alone.
    best = min((time for time in times if time is not None), default=None)
    return replace(found[0], demonstrated_lap_s=best)


def _proved_time(path: Path, track: str, physics: str) -> float | None:
    """The time of a lap that proves itself: valid, flying, and driven again the same from rest [s].

    None if the file holds no such lap: it may be of an earlier version, damaged or forged.
    """
    from racer.laps import verify_lap

    if not path.exists():
        return None
    check = verify_lap(path)
    lap = check.record
    if not (check.proved and check.valid) or lap is None or lap.standing:
        return None
    return check.lap_time_s if (lap.track.fingerprint, lap.physics) == (track, physics) else None


def _shipped(vehicle: str) -> list[Path]:
    return sorted(SHIPPED.glob(f"*-{vehicle}.json"))


def forget() -> None:
    """Looks into the files again at the next question."""
    _known.cache_clear()


def load_reference(path: str | os.PathLike[str]) -> Reference:
    """Reads a result.

    Raises:
        RacerError: the file is missing, or holds no result of this format.
    """
    shown = os.fspath(path)
    data = read_bytes(path, limit=_LIMIT, what="minimum-time result")
    try:
        content = json.loads(data)
        if content.pop("format") != FORMAT:
            raise RacerError(f"{shown}: is a minimum-time result of another format.")
        content["meshes"] = tuple((int(n), float(t)) for n, t in content["meshes"])
        content["lap"] = {name: np.array(content["lap"][name], np.float64) for name in COLUMNS}
        found = Reference(**content)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as problem:
        if isinstance(problem, RacerError):
            raise
        raise RacerError(f"{shown}: holds no minimum-time result ({problem}).") from None
    if not _makes_sense(found):
        raise RacerError(f"{shown}: holds no minimum-time result (a value is impossible).")
    return found


def _makes_sense(result: Reference) -> bool:
    """Whether names are texts, times are positive and finite, and the lap is one table."""
    names = (result.track, result.track_fingerprint, result.vehicle, result.physics)
    times = [result.flying_lap_s, result.quasi_steady_s]
    times += [t for t in (result.standing_lap_s, result.demonstrated_lap_s) if t is not None]
    columns = list(result.lap.values())
    return (
        all(isinstance(name, str) for name in names)
        and all(type(t) in (int, float) and 0.0 < t < np.inf for t in times)
        and type(result.violation) in (int, float)
        and columns[0].ndim == 1
        and len(columns[0]) >= 2
        and all(c.shape == columns[0].shape and np.all(np.isfinite(c)) for c in columns)
    )


def save_reference(reference: Reference, path: str | os.PathLike[str]) -> None:
    """Writes a result as JSON."""
    text = json.dumps(reference.as_json(), separators=(",", ":"))
    atomic_write(path, text.encode())
    forget()


def cache_path(track: str, vehicle: str, physics: str) -> Path:
    """Where a result for these fingerprints is kept on this computer."""
    return cache_folder() / f"{track}-{vehicle}-{physics}.json"


def lap_path(result: Path) -> Path:
    """Where the demonstrated lap of a result's file is."""
    return result.with_suffix(".lap.npz")


def cache_folder() -> Path:
    """The user's folder for results, by the platform's convention."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
        return base / "racer" / "Cache" / "optimal"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "racer" / "optimal"
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "racer" / "optimal"
