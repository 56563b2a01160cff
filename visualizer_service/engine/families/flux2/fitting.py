"""The size that a reference is brought to: no larger than the model was trained for, and one of few, so that pictures share calls.

Users' images have any size. Sides of 256 pixels or more are cut to whole steps of 64, so the layouts of references of one area are
dozens, not thousands; what is drawn here has such sides already and stays as it is.
"""

from __future__ import annotations

import math
from typing import Final

MOST_REFERENCE_PX: Final = 1024 * 1024
"""Source: diffusers 0.42 `Flux2KleinKVPipeline.__call__`."""
STEP_PX: Final = 64
COARSE_FROM_PX: Final = 256
"""Of shorter sides, a step would cut too much away."""


def fitted(size: tuple[int, int], multiple_px: int) -> tuple[int, int]:
    """Width and height, multiples of `multiple_px`; a side shorter than that is 0."""
    width, height = size
    scale = min(1.0, math.sqrt(MOST_REFERENCE_PX / (width * height)))
    return _cut(int(width * scale), multiple_px), _cut(int(height * scale), multiple_px)


def _cut(side_px: int, multiple_px: int) -> int:
    step_px = STEP_PX if side_px >= COARSE_FROM_PX else multiple_px
    return side_px // step_px * step_px
