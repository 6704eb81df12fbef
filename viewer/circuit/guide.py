"""The guided session of `racer record`: counts a person's valid laps in the window."""

from __future__ import annotations

from concurrent.futures import wait
from pathlib import Path
from typing import Final

from racer._core.circuit import Track
from racer.drivers import BUILT_IN
from racer.envs.circuit.session import FinishedLap
from racer.play.circuit.keeper import LapKeeper
from racer.play.circuit.race import Race
from racer.play.circuit.recording import RecordedLap, row_of_lap
from racer.play.keyboard import HumanDriver, Keyboard
from racer.viewer import palette
from racer.viewer.circuit.app import PlayApp, play
from racer.viewer.window import PygameKeyboard, Window

_AFTER: Final = 3.0  # [s] the result stays on the screen at the end


class GuidedApp(PlayApp):
    """Drives until the wanted number of valid laps is there.

    Attributes:
        rows: the laps so far.
        wanted: how many valid ones end the session.
    """

    def __init__(self, race: Race, keeper: LapKeeper, *, wanted: int, device: str) -> None:
        self.rows: list[RecordedLap] = []
        self.wanted = wanted
        self._goodbye: float | None = None
        super().__init__(race, keeper, device=device)
        self._tell()

    @property
    def valid(self) -> int:
        """Valid laps so far."""
        return sum(row.valid for row in self.rows)

    def advance(self, seconds: float) -> None:
        """As the race does; says goodbye when all laps are there."""
        if self._goodbye is None:
            super().advance(seconds)
            # A lap counts from the line on. Whether its file is there decides if it was the last:
            # a moment's wait, or another lap would be driven meanwhile.
            if self.valid + sum(lap.valid for lap, _ in self._saving) >= self.wanted:
                wait([job for _, job in self._saving])
                self._collect()
            if self.valid >= self.wanted:
                self._goodbye = _AFTER
                self._say(f"done: {self.valid} valid laps", palette.GREEN, _AFTER)
            return
        self._collect()
        self._goodbye -= seconds
        self.running = self.running and self._goodbye > 0.0

    def _saved(self, lap: FinishedLap, path: Path) -> None:
        super()._saved(lap, path)
        self.rows.append(row_of_lap(lap, path))
        self._tell()

    def _tell(self) -> None:
        times = [
            f"{row.time:.3f}{'' if row.valid else ' (does not count)'}" for row in self.rows[-5:]
        ]
        count = f"{self.valid} of {self.wanted} valid laps"
        self.hud.notes = (f"recording {self.race.names[0]}", *times, count, "H  help")


def record_person(
    track: Track,
    name: str,
    keeper: LapKeeper,
    *,
    laps: int,
    vehicle: str = "gt",
    device: str = "keyboard",
    fullscreen: bool = False,
    keyboard: Keyboard | None = None,
) -> list[RecordedLap]:
    """Opens a window and records a person; returns all finished laps.

    Args:
        track: the circuit.
        name: the person's, for the files.
        keeper: saves the laps; closed at the end.
        laps: how many valid laps are wanted.
        vehicle: name of the vehicle.
        device: what the person steers with, for the files.
        fullscreen: use the whole screen.
        keyboard: what to read keys from; the real keyboard if None.

    Raises:
        RacerError: there is no display.
    """
    driver = HumanDriver(keyboard or PygameKeyboard(), name, device)
    window = Window(
        f"Racer: {name} on {track.name}",
        fullscreen=fullscreen,
        otherwise=f"{', '.join(BUILT_IN)}, a policy or a lap as --driver needs none",
    )
    app = GuidedApp(Race(track, [driver], vehicle), keeper, wanted=laps, device=device)
    try:
        play(app, window)
    finally:
        app.close()
        window.close()
    return app.rows
