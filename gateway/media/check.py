"""Checks the images that users send and makes plain PNGs of them: upright, RGB, without metadata.

Nothing is decoded before its header has been judged, and decoding happens in a few threads of its own, so a hostile file costs
little time and bounded memory. It knows nothing of HTTP or of where images are kept.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import re
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image, ImageOps

from gateway.answer.errors import InvalidRequest

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
ALIASES = {"image/jpg": "image/jpeg"}
ALLOWED = ", ".join(MEDIA_TYPES.values())
STORED_MEDIA_TYPE = "image/png"
DATA_URL = re.compile(r"data:(?P<media_type>[\w.+-]+/[\w.+-]+);base64,", re.IGNORECASE)
# What Pillow's decoders raise on bytes that are not what their header says.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error)
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class InvalidImage(InvalidRequest):
    """The image cannot be taken."""

    code = "invalid_image"


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an input image may be: bytes as sent, pixels once decoded, and the length of its shorter side."""

    most_bytes: int
    most_pixels: int
    least_side_px: int


class ImageCheck:
    """Turns what users send into images that the rest of the system can trust."""

    def __init__(self, limits: ImageLimits, threads: int) -> None:
        self._limits = limits
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="image-check")

    async def from_bytes(self, data: bytes, declared: str | None, param: str) -> bytes:
        """Check an image and re-encode it.

        Args:
            data: the file's bytes.
            declared: the media type that the client claims, if any.
            param: the field to name in errors.

        Returns:
            PNG, 8-bit RGB, upright, transparent parts on white.

        Raises:
            InvalidImage: too many bytes or pixels, too small, of another type than allowed or declared, animated, or broken.
        """
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._checked, data, declared, param
        )

    async def from_url(self, url: str, param: str) -> bytes:
        """Check the image in a data URL, as `from_bytes` does; a URL that would have to be fetched is refused."""
        match = DATA_URL.match(url)
        if match is None:
            raise InvalidImage(
                f"`{param}` must be a data URL (data:image/png;base64,…); here, images are not fetched from elsewhere "
                "(the operator's setting GATEWAY_REMOTE_IMAGES). Upload the image as a file and send its `file_id`.",
                code="invalid_image_url",
                param=param,
            )
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._from_base64, url, match.end(), match["media_type"], param
        )

    async def from_base64(self, text: str, param: str) -> bytes:
        """Check an image in plain base64, as `from_bytes` does."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._from_base64, text, 0, None, param
        )

    def check_bytes(self, count: int, param: str) -> None:
        """Refuse a file by its size alone; raises as `from_bytes`."""
        if count > self._limits.most_bytes:
            raise InvalidImage(
                f"`{param}` holds {count} bytes; at most {self._limits.most_bytes} are taken.",
                code="image_file_too_large",
                param=param,
            )

    def close(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _from_base64(self, text: str, start: int, declared: str | None, param: str) -> bytes:
        self.check_bytes((len(text) - start) * 3 // 4 - 2, param)
        try:
            data = base64.b64decode(text[start:], validate=True)
        except (binascii.Error, ValueError):
            raise InvalidImage(
                f"`{param}` is not valid base64.", code="invalid_base64_image", param=param
            ) from None
        return self._checked(data, declared, param)

    def _checked(self, data: bytes, declared: str | None, param: str) -> bytes:
        self.check_bytes(len(data), param)
        try:
            with Image.open(io.BytesIO(data), formats=tuple(MEDIA_TYPES)) as image:
                self._check_header(image, declared, param)
                return _plain_png(image)
        except BOMB:
            raise self._too_many_pixels(param, "far too many") from None
        except BROKEN:
            raise InvalidImage(f"`{param}` is not a whole image of type {ALLOWED}.", param=param) from None

    def _check_header(self, image: Image.Image, declared: str | None, param: str) -> None:
        actual = MEDIA_TYPES[image.format or ""]
        if declared is not None and ALIASES.get(declared.lower(), declared.lower()) != actual:
            raise InvalidImage(
                f"`{param}` is declared as {declared} but holds {actual}.",
                code="unsupported_image_media_type",
                param=param,
            )
        if image.width * image.height > self._limits.most_pixels:
            raise self._too_many_pixels(param, f"{image.width}x{image.height} = {image.width * image.height}")
        if min(image.size) < self._limits.least_side_px:
            raise InvalidImage(
                f"`{param}` is {image.width}x{image.height} pixels; the shorter side needs {self._limits.least_side_px}.",
                code="image_too_small",
                param=param,
            )
        if getattr(image, "is_animated", False):
            raise InvalidImage(f"`{param}` is animated; send a single picture.", param=param)

    def _too_many_pixels(self, param: str, sent: str) -> InvalidImage:
        return InvalidImage(
            f"`{param}` has {sent} pixels; at most {self._limits.most_pixels} are taken.",
            code="image_too_large",
            param=param,
        )


def _plain_png(image: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        # 16-bit grey: `convert` would clip all but the darkest 256 levels.
        upright = upright.convert("I").point(lambda level: level / 256).convert("L")
    if upright.has_transparency_data:
        shown = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    plain = upright.convert("RGB")
    plain.info.clear()
    out = io.BytesIO()
    # Level 1 is several times faster than the default and a tenth larger.
    plain.save(out, "PNG", compress_level=1)
    return out.getvalue()
