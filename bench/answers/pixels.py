"""What bytes of pictures tell without a model: whether one repeats another, whether one is put together of several."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_LOOK: Final = 48
_COPY_LEVELS: Final = 3.0
"""Mean difference, in levels of 255, below which two pictures are one. Two scenes of one flat drawn story differ by 15 and more."""
_SEAM_LEVELS: Final = 12.0
_SEAM_SHARE: Final = 0.9


def is_copy(one: bytes, other: bytes) -> bool:
    """Whether two pictures show the same, pixel by pixel but for compression and size."""
    return float(np.abs(_small(one) - _small(other)).mean()) < _COPY_LEVELS


def is_collage(data: bytes) -> bool:
    """Whether seams run through a picture: an upright one from edge to edge, or two level ones.

    One level seam alone is a horizon. A seam is a line, away from the edges, at which nearly every pixel jumps.
    """
    pixels = np.asarray(_opened(data).convert("RGB"), np.float32)
    return _seams(pixels.transpose(1, 0, 2)) >= 1 or _seams(pixels) >= 2


def _seams(lines: NDArray[np.float32]) -> int:
    """Seams between lines of pixels, between a fifth and four fifths of the way; neighbours count as one."""
    jumps = (np.abs(np.diff(lines, axis=0)).max(-1) > _SEAM_LEVELS).mean(1) > _SEAM_SHARE
    within = jumps[len(jumps) // 5 : -(len(jumps) // 5)]
    return int(np.count_nonzero(within & ~np.roll(within, 1)))


@lru_cache(maxsize=64)
def _small(data: bytes) -> NDArray[np.float32]:
    return np.asarray(_opened(data).convert("RGB").resize((_LOOK, _LOOK)), np.float32)


def _opened(data: bytes) -> Image.Image:
    """The picture; a black one where the bytes are none, which no other is a copy of but another such."""
    try:
        return Image.open(io.BytesIO(data))
    except OSError:
        return Image.new("RGB", (_LOOK, _LOOK))
