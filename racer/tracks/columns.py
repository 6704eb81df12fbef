"""What the columns of a table mean: by their names, or by how many there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_MEANINGS = {
    "x": "x pos_x x_pos x_ref x_center x_centre center_x centre_x x_coord east easting utm_x",
    "y": "y pos_y y_pos y_ref y_center y_centre center_y centre_y y_coord north northing utm_y",
    "right": "w_tr_right width_right right_width w_right right_w right w_r wr dist_right "
    "track_width_right width_tr_right distance_right right_border",
    "left": "w_tr_left width_left left_width w_left left_w left w_l wl dist_left "
    "track_width_left width_tr_left distance_left left_border",
    "whole": "w_tr width w track_width road_width whole_width width_total total_width w_total",
    "lat": "lat latitude gps_lat",
    "lon": "lon long lng longitude gps_lon gps_long",
}
_NAMES = {name: meaning for meaning, names in _MEANINGS.items() for name in names.split()}
_UNITS = {"mm": 0.001, "cm": 0.01, "km": 1000.0, "ft": 0.3048, "feet": 0.3048, "yd": 0.9144}
_METRES = ("m", "meter", "meters", "metre", "metres", "rad", "deg", "degrees")
_UNIT = re.compile(rf"_({'|'.join((*_METRES, *_UNITS))})$")
_BRACKETS = re.compile(r"[\[(](.*?)[\])]")
LAYOUTS = {
    2: ["x", "y"],
    3: ["x", "y", "whole"],
    4: ["x", "y", "right", "left"],
    5: ["x", "y", "", "right", "left"],
}
_SAME_WAY = 0.02  # share by which a column of distances may differ from the way along the points


def meaning_of(name: str) -> tuple[str, float]:
    """What a column's name means ("" for one that is not used), and its unit [m, or degrees]."""
    plain = name.lower()
    units = [found.strip() for found in _BRACKETS.findall(plain)]
    plain = re.sub(r"[\s\-.]+", "_", _BRACKETS.sub("", plain).strip())
    if plain not in _NAMES and (found := _UNIT.search(plain)):
        units.append(found[1])
        plain = plain[: found.start()]
    return _NAMES.get(plain, ""), next((_UNITS[unit] for unit in units if unit in _UNITS), 1.0)


def is_header(names: Sequence[str]) -> bool:
    """Whether a line names columns, as opposed to any other line of words."""
    found = {meaning_of(name)[0] for name in names}
    return {"x", "y"} <= found or {"lat", "lon"} <= found


def counts(table: NDArray[np.float64]) -> bool:
    """Whether the first column of a table (M, C) counts the rows."""
    first = table[:, 0]
    return len(first) > 3 and bool(np.isfinite(first).all() and (np.diff(first) == 1.0).all())


def goes_along(table: NDArray[np.float64]) -> bool:
    """Whether the first column of a table (M, C) is the distance along the next two, x and y."""
    if len(table) < 4 or table.shape[1] < 3 or not np.isfinite(table[:, :3]).all():
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(table[:, 1:3], axis=0).T))])
        apart = np.abs(table[:, 0] - table[0, 0] - way)
    return bool(way[-1] > 0.0 and np.isfinite(way[-1]) and apart.max() <= _SAME_WAY * way[-1])
