"""Every colour of the viewer, in one place (sRGB, 0-255)."""

from __future__ import annotations

from typing import Final

Colour = tuple[int, int, int]

# The land.
OUTFIELD: Final[Colour] = (80, 108, 78)
OUTFIELD_CHECK: Final[Colour] = (84, 113, 81)
GRASS: Final[tuple[Colour, Colour]] = ((102, 134, 86), (96, 127, 82))
WALL: Final[Colour] = (188, 193, 198)
WALL_SHADE: Final[Colour] = (60, 82, 60)
TREE: Final[tuple[Colour, ...]] = ((54, 84, 60), (60, 91, 63), (66, 98, 67))
TREE_LIGHT: Final[tuple[Colour, ...]] = ((60, 92, 65), (66, 99, 68), (73, 106, 72))

# The road.
TARMAC: Final[Colour] = (72, 75, 80)
RUBBER: Final[Colour] = (66, 68, 73)
SKID: Final[Colour] = (48, 49, 53)
SKID_GRASS: Final[Colour] = (104, 100, 70)
EDGE: Final[Colour] = (232, 230, 222)
KERB: Final[tuple[Colour, Colour]] = ((196, 62, 54), (234, 229, 218))
CHEQUER: Final[tuple[Colour, Colour]] = ((28, 29, 32), (236, 234, 228))
SECTOR_MARK: Final[Colour] = (112, 158, 196)

# The cars: the first is the one that the camera follows.
CARS: Final[tuple[Colour, ...]] = (
    (246, 178, 48),
    (74, 168, 232),
    (226, 92, 122),
    (122, 206, 138),
    (176, 132, 236),
    (226, 226, 220),
)
GLASS: Final[Colour] = (26, 30, 36)
TYRE: Final[Colour] = (20, 21, 23)
TRIM: Final[Colour] = (44, 47, 52)
HEADLIGHT: Final[Colour] = (255, 247, 214)
BRAKE_OFF: Final[Colour] = (112, 24, 24)
BRAKE_ON: Final[Colour] = (255, 62, 46)

# The highway's traffic.
TRAFFIC: Final[tuple[Colour, ...]] = (
    (188, 194, 200),
    (98, 118, 146),
    (150, 88, 82),
    (104, 108, 114),
    (226, 224, 216),
    (110, 138, 128),
)
SIGNAL: Final[Colour] = (255, 176, 32)
OBSERVED: Final[Colour] = (122, 214, 255)

# The display.
PANEL: Final[tuple[int, int, int, int]] = (15, 18, 22, 206)
PANEL_LINE: Final[Colour] = (52, 58, 66)
TEXT: Final[Colour] = (244, 245, 242)
MUTED: Final[Colour] = (150, 158, 168)
FAINT: Final[Colour] = (92, 100, 110)
PURPLE: Final[Colour] = (190, 132, 255)
GREEN: Final[Colour] = (88, 214, 132)
YELLOW: Final[Colour] = (246, 210, 84)
RED: Final[Colour] = (255, 98, 90)
ACCENT: Final[Colour] = (246, 178, 48)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """The colour ``share`` of the way from ``a`` to ``b`` (0 gives ``a``)."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )
