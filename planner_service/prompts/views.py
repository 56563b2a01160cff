"""What a planner that sees is shown of the conversation's images: small views, and not more than it can read."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable

import PIL.Image

from planner_service.errors import PlanRefused
from planner_service.prompts.turns import Picture

LONGEST_SIDE_PX = 768
"""Enough to plan by: at most 576 tokens for models that read 32² pixels a token."""

MOST = 16
"""The latest; of the others the description is read."""

MOST_BYTES = 32 * 2**20
"""Of one image, as base64."""

MOST_PIXELS = 64 * 10**6


class Views:
    """The images of one prompt, in order; of the pictures among `pieces` only the last `most` are shown."""

    def __init__(self, pieces: Iterable[str | Picture], most: int):
        self.images: list[PIL.Image.Image] = []
        count = sum(isinstance(piece, Picture) for piece in pieces)
        self._hidden = max(0, count - most)

    def show(self, picture: Picture) -> bool:
        """Take the next picture; False if it is one too many.

        Raises:
            PlanRefused: it is no image, or too large.
        """
        if self._hidden:
            self._hidden -= 1
            return False
        self.images.append(view_of(picture))
        return True


def view_of(picture: Picture) -> PIL.Image.Image:
    """Decode one image to RGB, no side longer than `LONGEST_SIDE_PX`.

    Raises:
        PlanRefused: it is no image, or too large.
    """
    if len(picture.data) > MOST_BYTES:
        raise PlanRefused(f"messages: image {picture.id} has more than {MOST_BYTES} bytes of base64")
    try:
        with PIL.Image.open(io.BytesIO(base64.b64decode(picture.data, validate=True))) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PlanRefused(f"messages: image {picture.id} has more than {MOST_PIXELS} pixels")
            image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
            view = image.convert("RGB")
    except (ValueError, OSError, PIL.Image.DecompressionBombError) as error:
        raise PlanRefused(f"messages: image {picture.id} cannot be read") from error
    view.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), PIL.Image.Resampling.LANCZOS)
    return view
