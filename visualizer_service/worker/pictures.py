"""Bytes to pictures and back; the only file of the worker that knows image formats.

Slow for large pictures, so call it in a thread.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from visualizer_service.wire import OutputFormat

_QUALITY = 90
# A third of the time that the default level takes, for a tenth to a sixth more bytes; and a reader waits for both.
_PNG_LEVEL = 1


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as bytes of the format that `media_type` names."""

    data: bytes
    media_type: str


def decode(data: bytes) -> Image.Image:
    """Read an image as RGB.

    Raises:
        ValueError: these bytes are no image.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError("not a readable image") from error


def encode(picture: Image.Image, output_format: OutputFormat, compression: int | None) -> Encoded:
    """Write a picture; `compression` is the quality in percent of the lossy formats and means nothing to PNG."""
    out = io.BytesIO()
    quality = _QUALITY if compression is None else compression
    options = {"compress_level": _PNG_LEVEL} if output_format == "png" else {"quality": quality}
    picture.save(out, format=output_format, **options)
    return Encoded(out.getvalue(), f"image/{output_format}")
