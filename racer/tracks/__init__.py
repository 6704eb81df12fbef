"""Tracks: files of many formats, the catalogue, imported and random circuits.

`load_track(name)` is what everything else needs. Beside a track file `name.csv` there may be a
`name.toml`; its keys are the fields of `TrackSettings`. The parts:

* `table`, `columns`, `fields`, `geographic`, `xml_lines`, `markup`, `lines`, `settings`, `source`:
  reading files;
* `laps`, `closing`, `spline`, `chords`, `tube`, `smoothing`, `unfold`, `overlap`, `check`,
  `survey`: from measured points to a checked circuit;
* `catalogue`, `names`, `store`, `unit`: names, and the folder of imported circuits;
* `corners`, `random_tracks`, `picture`.
"""

from racer.tracks.catalogue import (
    CATALOGUE,
    list_tracks,
    list_user_tracks,
    load_track,
    track_key,
    track_path,
    user_folder,
)
from racer.tracks.corners import Corner, corners
from racer.tracks.random_tracks import random_track
from racer.tracks.settings import TrackSettings, read_settings
from racer.tracks.several import track_names
from racer.tracks.table import read_centre_line

__all__ = [
    "CATALOGUE",
    "Corner",
    "TrackSettings",
    "corners",
    "list_tracks",
    "list_user_tracks",
    "load_track",
    "random_track",
    "read_centre_line",
    "read_settings",
    "track_key",
    "track_names",
    "track_path",
    "user_folder",
]
