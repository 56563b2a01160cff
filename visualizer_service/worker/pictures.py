"""Bytes to pictures and back; the only file of the worker that knows image formats.

Slow for large pictures, so call it in a thread.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from visualizer_service.wire import OutputFormat
from visualizer_service.worker.png import encode_png

_QUALITY = 90
# WebP a third of the time that the default method takes, for a tenth more bytes; and a reader waits for both.
_WEBP_METHOD = 0


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
    media_type = f"image/{output_format}"
    if output_format == "png":
        return Encoded(encode_png(picture), media_type)
    out = io.BytesIO()
    quality = _QUALITY if compression is None else compression
    picture.save(out, format=output_format, quality=quality, method=_WEBP_METHOD)
    return Encoded(out.getvalue(), media_type)
