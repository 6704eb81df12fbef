"""The circuits of a training run: those that it trains on, that choose its model, that judge it."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from racer.errors import ConfigError
from racer.formats.files import MAX_TRACK_BYTES, atomic_write, read_bytes
from racer.optimal.reference import gaps
from racer.tracks import load_track, read_settings, track_names, track_path
from racer.tracks.random_tracks import is_random
from racer.train.config import CIRCUIT_COPY, ROLES, copy_of

if TYPE_CHECKING:
    from pathlib import Path

    from racer import _core
    from racer.train.config import TrainConfig

TRAINING, SELECTION, REPORT = ROLES
FEW = 8  # so many circuits can choose and judge a model that is trained on them
# Of runs on more, unless somebody names others; no preset trains on these seeds.
HELD_OUT = {
    SELECTION: ("random:20000-20011-roadcourse",),
    REPORT: ("random:30000-30015-roadcourse",),
}
MANY = 50  # drawing these takes seconds


def circuit_names(config: TrainConfig, role: str) -> list[str]:
    """The names of the circuits in one of the roles, one each.

    Raises:
        TrackError: a range of random circuits cannot be used.
    """
    given = getattr(config, role)
    names = track_names((given,) if isinstance(given, str) else given)
    if names:
        return names
    trained = track_names(config.tracks)
    return trained if len(trained) <= FEW else track_names(HELD_OUT[role])


def load_circuits(
    config: TrainConfig, role: str, copies: Path | None = None
) -> list[_core.circuit.Track]:
    """The circuits in one of the roles; drawing many random ones shows a bar.

    Args:
        config: of the run.
        role: TRAINING, SELECTION or REPORT.
        copies: the run's own copy of its only circuit, or the folder of its copies.

    Raises:
        TrackError: one cannot be loaded.
    """
    names = circuit_names(config, role)
    own = role if getattr(config, role) else TRAINING

    def place(i: int) -> str | Path:
        if copies is None:
            return names[i]
        if copies.name == CIRCUIT_COPY:
            return copies if own == TRAINING and len(names) == 1 else names[i]
        copy = copy_of(copies.parent, own, i)
        return copy if copy.is_file() else names[i]

    if len(names) < MANY:
        return [load_track(place(i)) for i in range(len(names))]
    if not sys.stderr.isatty():
        print(f"drawing {len(names):,} circuits ...", file=sys.stderr, flush=True)
        return [load_track(place(i)) for i in range(len(names))]
    from tqdm import tqdm

    shown = tqdm(range(len(names)), "drawing circuits", leave=False)
    return [load_track(place(i)) for i in shown]


def check_circuits(config: TrainConfig) -> None:
    """Loads those circuits that are files; random ones need their names checked only.

    Raises:
        TrackError: one cannot be loaded.
        ConfigError: none is named.
    """
    if not config.tracks:
        raise ConfigError("track is an empty list, but a run needs a circuit to train on.")
    for role in (TRAINING, SELECTION, REPORT):
        for name in circuit_names(config, role):
            if not is_random(name):
                load_track(name)
    if config.until_gap:
        tracks = [load_track(name) for name in circuit_names(config, SELECTION)]
        known = [gaps(track, config.env.vehicle, 1.0)["gap_to_optimal"] for track in tracks]
        if not any(gap is not None for gap in known):
            raise ConfigError(
                f"until_gap is {config.until_gap:g}, but no minimum lap time is known of "
                f"{tracks[0].name}; `racer optimal` computes it."
            )


def keep_circuits(config: TrainConfig, folder: Path) -> None:
    """Keeps the circuits' files, so that the run depends on nothing outside its folder.

    Raises:
        TrackError, ConfigError: one cannot be read, or changed meanwhile.
    """
    names = circuit_names(config, TRAINING)
    roles = [role for role in (SELECTION, REPORT) if getattr(config, role)]
    if len(names) == 1 and not roles:
        if not is_random(names[0]):
            _keep(names[0], folder / CIRCUIT_COPY)
        return
    for role in (TRAINING, *roles):
        for i, name in enumerate(circuit_names(config, role)):
            if not is_random(name):
                copy = copy_of(folder, role, i)
                copy.parent.mkdir(exist_ok=True)
                _keep(name, copy)


def _keep(name: str, copy: Path) -> None:
    track = load_track(name)
    source = track_path(name)
    atomic_write(copy, read_bytes(source, limit=MAX_TRACK_BYTES, what="track file"))
    settings = replace(read_settings(source), name=track.name)
    atomic_write(copy.with_suffix(".toml"), settings.as_toml())
    again = load_track(copy)
    if (again.name, again.fingerprint) != (track.name, track.fingerprint):
        raise ConfigError(f"{source}: changed while it was read; start again.")
