"""`racer tracks`: the circuits, or one of them."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the `tracks` command."""
    parser = sub.add_parser(
        "tracks",
        help="list the circuits, or describe one",
        description="Lists the circuits that come with Racer, or checks and describes track files.",
        epilog="example: racer tracks my-circuit.csv",
    )
    parser.add_argument("names", nargs="*", metavar="TRACK", help="circuits or files; default: all")
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints; 0 if every track can be driven."""
    import json

    from racer.tracks import list_tracks

    found = [_facts(name) for name in args.names or list_tracks()]
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    for facts in found:
        print(
            f"{facts['file']:<14} {facts['name']:<16} {facts['length_m']:7.0f} m  "
            f"{facts['corners']:2d} corners  "
            f"width {facts['width_min_m']:.1f}-{facts['width_max_m']:.1f} m  "
            f"tightest radius {facts['radius_min_m']:.0f} m  {facts['fingerprint']}"
        )
        if facts["optimal_lap_s"] is not None:
            print(f"{'':<14} minimum lap time of gt: {facts['optimal_lap_s']:.3f} s")
        if facts["description"]:
            print(f"{'':<14} {facts['description']}")
    return 0


def _facts(name: str) -> dict[str, Any]:
    import numpy as np

    from racer.optimal.reference import reference_lap
    from racer.tracks import corners, load_track, read_settings, track_path

    track = load_track(name)
    reference = reference_lap(track)
    settings = read_settings(track_path(name))
    stations = track.stations
    width = stations["width_left"] + stations["width_right"]
    return {
        "file": name,
        "name": track.name,
        "description": settings.description,
        "length_m": float(track.length),
        "corners": len(corners(track)),
        "width_min_m": float(width.min()),
        "width_max_m": float(width.max()),
        "radius_min_m": float(1.0 / np.abs(stations["curvature"]).max()),
        "checkpoints": len(track.checkpoints),
        "fingerprint": track.fingerprint,
        "optimal_lap_s": None if reference is None else reference.flying_lap_s,
        "demonstrated_lap_s": None if reference is None else reference.demonstrated_lap_s,
    }
