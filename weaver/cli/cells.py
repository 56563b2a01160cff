"""Pictures in terminals that nobody told of any picture protocol: sixels where the terminal says that it draws them, else half blocks.

A half block shows two pixels in a cell, one above the other, in the colours of foreground and background.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable

from PIL import Image
from rich.console import Console, RenderableType

from weaver import Picture

MOST_COLUMNS = 48
# Below this, the lines around the picture.
SPARE_ROWS = 4
# A cell is about twice as high as it is wide.
CELL_ASPECT = 2

Draw = Callable[[Picture], RenderableType | None]


def cell_drawer(console: Console) -> Draw | None:
    """How to show pictures on this terminal; None if it has too few colours. The terminal is asked what it can, and given a moment to answer."""
    if console.no_color or console.color_system in (None, "standard"):
        return None
    # Without an answer about the size of cells it is guessed, which nobody needs to be warned of.
    logging.getLogger("textual_image").setLevel(logging.ERROR)
    # Loading it asks the terminal.
    from textual_image.renderable import HalfcellImage, SixelImage
    from textual_image.renderable import Image as Found

    form = SixelImage if Found is SixelImage else HalfcellImage

    def draw(picture: Picture) -> RenderableType | None:
        try:
            pixels = Image.open(io.BytesIO(picture.data or b"")).convert("RGB")
        except OSError:
            return None  # its file is named all the same
        return form(pixels, width=_columns(pixels.width, pixels.height, console), height="auto")

    return draw


def _columns(width_px: int, height_px: int, console: Console) -> int:
    """As wide as fits, and no wider than what the terminal is high."""
    most_rows = max(1, console.height - SPARE_ROWS)
    return max(1, min(console.width, MOST_COLUMNS, most_rows * CELL_ASPECT * width_px // height_px))
