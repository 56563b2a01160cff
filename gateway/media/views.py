"""Small views of pictures, for planners and critics that see: enough to judge by, a tenth of the bytes. Made once for each picture."""

from __future__ import annotations

import asyncio
import base64
import io
import logging
from collections import OrderedDict
from typing import Final, Protocol

import PIL.Image

LONGEST_SIDE_PX: Final = 768
MOST_KEPT: Final = 64
"""Views kept for those who ask again; each is about 100 KB."""
QUALITY: Final = 88

log = logging.getLogger(__name__)


class Bytes(Protocol):
    """An image's bytes."""

    @property
    def data(self) -> bytes:
        """As they were stored."""
        ...


class Images(Protocol):
    """Whoever keeps the images, which were checked or made here before."""

    async def get(self, blob_id: str) -> Bytes | None:
        """Give an image, or None if it is gone."""
        ...


class Views:
    """The views of one process."""

    def __init__(self, images: Images) -> None:
        self._images = images
        self._kept: OrderedDict[str, bytes] = OrderedDict()

    async def base64(self, blob_id: str) -> bytes | None:
        """The base64 of a view, ASCII; None if the image is gone, or none."""
        if blob_id in self._kept:
            self._kept.move_to_end(blob_id)
            return self._kept[blob_id]
        blob = await self._images.get(blob_id)
        if blob is None:
            return None
        try:
            view = await asyncio.to_thread(view_of, blob.data)
        except (OSError, ValueError, PIL.Image.DecompressionBombError):
            log.warning("no view can be made of an image", exc_info=True, extra={"blob": blob_id})
            return None
        self._kept[blob_id] = view
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return view


def view_of(data: bytes) -> bytes:
    """A JPEG in base64, no side longer than `LONGEST_SIDE_PX`; slow for large images, so call it in a thread."""
    with PIL.Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        view = image.convert("RGB")
    view.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), PIL.Image.Resampling.LANCZOS)
    out = io.BytesIO()
    view.save(out, format="JPEG", quality=QUALITY)
    return base64.b64encode(out.getvalue())
