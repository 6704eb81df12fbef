"""Which circuit a lap was driven on: its fingerprint says it, its name only claims it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from racer.errors import LapError, TrackError
from racer.formats.lookalike import alike, skeleton
from racer.formats.text import is_plain, shown
from racer.tracks import list_tracks, load_track
from racer.tracks.catalogue import list_user_tracks, track_path
from racer.tracks.names import doubt_about_name, random_name
from racer.tracks.random_tracks import PREFIX, random_track
from racer.tracks.settings import read_settings

if TYPE_CHECKING:
    from racer import _core


def track_title(track: _core.circuit.Track) -> str:
    """A circuit for people: its name, and what its fingerprint says about it."""
    name = shown(track.name)
    same = _catalogue_fingerprints().get(track.fingerprint)
    if same is not None:
        return f"{same} (catalogue)"
    random = random_name(track.name)
    if random is not None and _random_fingerprint(*random) == track.fingerprint:
        return f"{name} (random circuit)"
    what = f"not a catalogue circuit, fingerprint {track.fingerprint}"
    if track.fingerprint in _imported(skeleton(track.name)).values():
        what = f"imported here, {what}"
    return f"{name} ({what})"


def check_track_name(track: _core.circuit.Track, label: str) -> None:
    """A lap that names a known circuit, or nearly so, must have been driven on that circuit.

    Known are the catalogue's circuits, the random ones and those that the user imported.

    Raises:
        LapError: the name is another circuit's, or imitates one, or is a path.
    """
    name, here = track.name, track.fingerprint
    quoted = f"'{shown(name, 80)}'"
    if here in _catalogue_fingerprints() and is_plain(name):
        return  # what it is called does not matter: it is shown by our name
    doubt = doubt_about_name(name)
    if doubt:
        raise LapError(f"{label}: its track's name {quoted} {doubt}.")
    ours = _known_fingerprints(name)
    if here in ours.values():
        return  # "Layout 1" and "Layout I" may both be the user's
    for known, theirs in ours.items():
        raise LapError(
            f"{label}: was driven on a track called {quoted} with fingerprint {here}, but"
            f" '{known}' has {theirs} in this Racer."
        )


def _known_fingerprints(name: str) -> dict[str, str]:
    """The circuits that a name means or imitates, with their fingerprints."""
    bones = skeleton(name)
    known = {ours: theirs for ours, theirs in _catalogue().items() if alike(name, ours)}
    random = random_name(name)
    if random is not None:
        seed, kind = random
        known[f"{PREFIX}{seed}{kind and '-'}{kind}"] = _random_fingerprint(seed, kind)
    return known or _imported(bones)


def _imported(bones: str) -> dict[str, str]:
    """The user's own circuits with this skeleton of a name."""
    found = {}
    for key in list_user_tracks():
        if bones in (skeleton(key), skeleton(_shown_name(key))):
            fingerprint = _fingerprint(key)
            if fingerprint is not None:
                found[key] = fingerprint
    return found


def _shown_name(key: str) -> str:
    try:
        return read_settings(track_path(key)).name
    except TrackError:
        return ""


def _random_fingerprint(seed: int, kind: str) -> str:
    try:
        return random_track(seed, kind or None).fingerprint
    except TrackError:
        return "no circuit"


def _fingerprint(name: str) -> str | None:
    """The fingerprint of a circuit by name; None if it cannot be loaded."""
    try:
        return load_track(name).fingerprint
    except TrackError:
        return None


@cache
def _catalogue() -> dict[str, str]:
    """Fingerprints of the circuits that come with Racer, by file name and by shown name."""
    tracks = {name: load_track(name) for name in list_tracks()}
    by_file = {name: track.fingerprint for name, track in tracks.items()}
    return by_file | {track.name: track.fingerprint for track in tracks.values()}


@cache
def _catalogue_fingerprints() -> dict[str, str]:
    """Shown names of the circuits that come with Racer, by fingerprint."""
    return {(track := load_track(name)).fingerprint: track.name for name in list_tracks()}
