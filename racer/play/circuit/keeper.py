"""Keeps laps: each finished lap becomes a file, written while the driving goes on."""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

from racer._core.circuit import Track
from racer.envs.circuit.session import FinishedLap
from racer.errors import LapError, RacerError
from racer.laps import SUFFIX, LapRecord, load_lap, save_new_lap, verify_lap


def default_folder() -> Path:
    """Where laps are kept unless told otherwise: `racer/laps` under the user's data folder."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA", home / "AppData" / "Roaming"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "racer" / "laps"


def file_name(record: LapRecord) -> str:
    """A name that sorts by track and time and says who drove."""
    kind = "standing" if record.standing else "flying"
    valid = "" if record.valid else "_invalid"
    moment = datetime.fromisoformat(record.created).strftime("%Y%m%dT%H%M%S")
    words = (record.track.name, f"{record.lap_time_s:08.3f}s", record.driver, kind, moment)
    return "_".join(slug(word) for word in words) + valid + SUFFIX


def slug(text: str) -> str:
    """``text`` as a part of a file name: lower case letters, digits, dots and dashes."""
    return re.sub(r"[^a-z0-9.]+", "-", text.lower())[:60].strip("-.") or "unnamed"


class LapKeeper:
    """Proves and saves laps on a thread of its own, so that no picture is late.

    Attributes:
        folder: where the files go.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Names the folder; it is made with the first lap.

        Raises:
            LapError: no lap could be written there, which is better known before driving.
        """
        self.folder = folder or default_folder()
        place = self.folder.absolute()
        there = next(path for path in (place, *place.parents) if path.exists())
        if not there.is_dir():
            raise LapError(f"{there}: is a file, but laps need a folder.")
        if not os.access(there, os.W_OK | os.X_OK):
            raise LapError(f"{there}: cannot be written to, but laps would be saved there.")
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="laps")

    def keep(self, lap: FinishedLap, driver: str, device: str) -> Future[Path]:
        """Records a finished lap; the result is its file.

        The result raises LapError if the lap does not replay or cannot be written.
        """
        return self._worker.submit(self._save, lap, driver, device)

    def best(self, track: Track, vehicle: str, driver: str) -> LapRecord | None:
        """The fastest lap that counts in the folder, by this driver on this very track and physics.

        It is driven again before it is believed: a lap counts if it is valid and proved.
        """
        best: LapRecord | None = None
        for path in sorted(self.folder.glob(f"{slug(track.name)}_*{SUFFIX}")):
            if f"_{slug(driver)}_" not in path.name:
                continue
            try:
                record = load_lap(path)
            except RacerError:
                continue  # of another version, or damaged: `racer verify` says which
            same = record.track.fingerprint == track.fingerprint and record.vehicle == vehicle
            faster = best is None or record.lap_time_s < best.lap_time_s
            if same and faster and record.valid and record.driver == driver:
                best = record if verify_lap(record).proved else best
        return best

    def close(self) -> None:
        """Waits until all laps are written."""
        self._worker.shutdown(wait=True)

    def _save(self, lap: FinishedLap, driver: str, device: str) -> Path:
        record = lap.record(driver, device)
        return save_new_lap(record, self.folder / file_name(record))
