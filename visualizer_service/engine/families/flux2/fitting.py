"""The size that a reference is brought to: no larger than the model was trained for, and one of few, so that pictures share calls.

Users' images have any size. Sides of 256 pixels or more are cut to whole steps of 64, so the layouts of references of one area are
dozens, not thousands; what is drawn here has such sides already and stays as it is.
"""

from __future__ import annotations

import math
from typing import Final

from visualizer_service.engine.family import Rejected

LEAST_SIDE_PX: Final = 64
MOST_STRETCHED: Final = 8
"""Longer side by shorter side. Source of both: diffusers 0.42 `Flux2ImageProcessor.check_image_input`."""
STEP_PX: Final = 64
COARSE_FROM_PX: Final = 256
"""Of shorter sides, a step would cut too much away."""


def check(size: tuple[int, int]) -> None:
    """Refuse what the model was never shown.

    Raises:
        Rejected: it is too small or too long.
    """
    short, long = sorted(size)
    if short < LEAST_SIDE_PX:
        raise Rejected(f"a reference has a side of {short} pixels, at least {LEAST_SIDE_PX} are needed")
    if long > MOST_STRETCHED * short:
        raise Rejected(f"a reference is more than {MOST_STRETCHED} times as long as wide")


def fitted(size: tuple[int, int], multiple_px: int, most_px: int) -> tuple[int, int]:
    """Width and height, multiples of `multiple_px`, together of `most_px` pixels at most; a side shorter than a multiple is 0."""
    width, height = size
    scale = min(1.0, math.sqrt(most_px / (width * height)))
    return _cut(int(width * scale), multiple_px), _cut(int(height * scale), multiple_px)


def _cut(side_px: int, multiple_px: int) -> int:
    step_px = STEP_PX if side_px >= COARSE_FROM_PX else multiple_px
    return side_px // step_px * step_px
