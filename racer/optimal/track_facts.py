"""A circuit in figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from racer.optimal.reference import reference_lap
from racer.tracks.catalogue import load_track, track_path
from racer.tracks.corners import corners
from racer.tracks.random_tracks import is_random
from racer.tracks.settings import TrackSettings, read_settings


def track_facts(name: str, vehicle: str = "gt") -> dict[str, Any]:
    """What there is to say about a circuit, by name or path.

    Minimum and demonstrated lap times are those of the vehicle; None where they are not known.

    Raises:
        TrackError: there is no such circuit.
    """
    track = load_track(name)
    random = is_random(name)
    settings = TrackSettings() if random else read_settings(track_path(name))
    reference = reference_lap(track, vehicle)
    stations = track.stations
    width = stations["width_left"] + stations["width_right"]
    turns = round(float(stations["curvature"].sum()) * track.spacing / (2.0 * np.pi))
    ways = {1: "counter-clockwise", -1: "clockwise", 0: "a figure of eight"}
    return {
        "name": name,
        "title": track.name,
        "length_m": float(track.length),
        "corners": len(corners(track)),
        "optimal_lap_s": None if reference is None else reference.flying_lap_s,
        "demonstrated_lap_s": None if reference is None else reference.demonstrated_lap_s,
        "description": settings.description,
        "country": settings.country,
        "licence": settings.licence,
        "direction": ways.get(turns, f"{turns} turns"),
        "width_min_m": float(width.min()),
        "width_max_m": float(width.max()),
        "runoff_m": settings.runoff,
        "radius_min_m": float(1.0 / np.abs(stations["curvature"]).max()),
        "checkpoints": len(track.checkpoints),
        "fingerprint": track.fingerprint,
    }
