"""Pictures and films without a display."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import Final

import numpy as np
import pygame
from numpy.typing import NDArray

from racer.errors import RacerError
from racer.formats.files import atomic_path
from racer.viewer.need import need

Frame = NDArray[np.uint8]
SUFFIXES: Final = (".mp4", ".gif", ".png")
# What the encoder is told; a palette per picture keeps a GIF of any length out of memory.
_MP4: Final = ("-crf", "21", "-preset", "veryfast", "-movflags", "+faststart")
_GIF: Final = (
    "-vf",
    "split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1:dither=none",
)


def surface_pixels(surface: pygame.Surface) -> Frame:
    """The pixels (height, width, 3) uint8 of a surface, a copy."""
    pixels: Frame = pygame.surfarray.pixels3d(surface)
    return np.ascontiguousarray(pixels.transpose(1, 0, 2))


def check_target(path: str | PathLike[str]) -> str:
    """The suffix of a picture or film to write, before any work is done for it.

    Raises:
        RacerError: it is none of `SUFFIXES`, or the package that writes it is missing.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise RacerError(
            f"{fspath(path)}: the name of a picture must end in .png, of a video in .mp4 or .gif."
        )
    if suffix != ".png":
        need("imageio_ffmpeg", "writing a film")
    return suffix


def save_picture(frame: Frame, path: str | PathLike[str]) -> None:
    """Writes a frame as PNG, all of it or nothing.

    Raises:
        RacerError: the file cannot be written.
    """
    height, width = frame.shape[:2]
    surface = pygame.image.frombuffer(frame.tobytes(), (width, height), "RGB")
    with _written(path) as temporary:
        pygame.image.save(surface, temporary)


@contextmanager
def film(
    path: str | PathLike[str], size: tuple[int, int], frames_per_second: int
) -> Iterator[Callable[[Frame], None]]:
    """Writes a film, all of it or nothing; yields the function that takes one frame after another.

    Raises:
        RacerError: the encoder is missing or failed.
    """
    moving = check_target(path)
    import imageio_ffmpeg

    with _written(path) as temporary:
        writer = imageio_ffmpeg.write_frames(
            str(temporary),
            size,
            fps=frames_per_second,
            codec="gif" if moving == ".gif" else "libx264",
            pix_fmt_out="pal8" if moving == ".gif" else "yuv420p",
            quality=None,
            bitrate=None,
            macro_block_size=2,
            ffmpeg_log_level="quiet",
            output_params=list(_GIF if moving == ".gif" else _MP4),
        )
        try:
            writer.send(None)
            yield lambda frame: writer.send(np.ascontiguousarray(frame))
        except OSError as problem:
            reason = str(problem).splitlines()[0]
            raise RacerError(f"{fspath(path)}: the encoder failed ({reason}).") from None
        finally:
            writer.close()


@contextmanager
def _written(path: str | PathLike[str]) -> Iterator[Path]:
    """As `atomic_path`, with one sentence if the file cannot be written."""
    try:
        with atomic_path(path) as temporary:
            yield temporary
    except (OSError, pygame.error) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise RacerError(f"{fspath(path)}: cannot be written ({reason}).") from None
