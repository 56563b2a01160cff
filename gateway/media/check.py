"""Checks the images that users send and makes plain PNGs of them: upright, RGB, without metadata.

Nothing is decoded before its header has been judged, and decoding happens in a few threads of its own, so a hostile file costs
little time and bounded memory. It knows nothing of HTTP or of where images are kept.
"""

from __future__ import annotations

import asyncio
import io
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image, ImageMath, ImageOps
from pillow_heif import register_heif_opener

from gateway.answer.errors import InvalidRequest
from gateway.media.forms import NotDecodable, from_base64, from_data_url, is_data_url

# As Pillow names them; an MPO, as phones and cameras make them, is a JPEG with further pictures after the first.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF")
# Of these, what comes after the first picture is another picture, and no next moment of it.
OF_SEVERAL = ("MPO", "HEIF")
ALLOWED = "png, jpeg, webp, gif, avif or heic"
STORED_MEDIA_TYPE = "image/png"
register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
# What Pillow's decoders raise on bytes that are not what their header says.
BROKEN = (
    OSError,
    RuntimeError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
)
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

    async def from_bytes(self, data: bytes, param: str) -> bytes:
        """Check an image and re-encode it. It is what its bytes are, whatever its client or its name says.

        Args:
            data: the file's bytes.
            param: the field to name in errors.

        Returns:
            PNG, 8-bit RGB, upright, transparent parts on white.

        Raises:
            InvalidImage: too many bytes or pixels, too small, of another type than allowed, animated, or broken.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._checked, data, param)

    async def from_url(self, url: str, param: str) -> bytes:
        """Check the image in a data URL, as `from_bytes` does; a URL that would have to be fetched is refused."""
        if not is_data_url(url):
            raise InvalidImage(
                f"`{param}` must be a data URL (data:image/png;base64,…); here, images are not fetched from elsewhere "
                "(the operator's setting GATEWAY_REMOTE_IMAGES). Upload the image as a file and send its `file_id`.",
                code="invalid_image_url",
                param=param,
            )
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._from_text, from_data_url, url, param
        )

    async def from_base64(self, text: str, param: str) -> bytes:
        """Check an image in plain base64, as `from_bytes` does."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._from_text, from_base64, text, param
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

    def _from_text(self, read: Callable[[str], bytes], text: str, param: str) -> bytes:
        try:
            data = read(text)
        except NotDecodable as error:
            raise InvalidImage(f"`{param}` {error}.", code="invalid_base64_image", param=param) from None
        return self._checked(data, param)

    def _checked(self, data: bytes, param: str) -> bytes:
        self.check_bytes(len(data), param)
        try:
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                self._check_header(image, param)
                return _plain_png(image)
        except BOMB:
            raise self._too_many_pixels(param, "far too many") from None
        except BROKEN:
            raise InvalidImage(f"`{param}` is not a whole image of type {ALLOWED}.", param=param) from None

    def _check_header(self, image: Image.Image, param: str) -> None:
        if image.width * image.height > self._limits.most_pixels:
            raise self._too_many_pixels(param, f"{image.width}x{image.height} = {image.width * image.height}")
        if min(image.size) < self._limits.least_side_px:
            raise InvalidImage(
                f"`{param}` is {image.width}x{image.height} pixels; the shorter side needs {self._limits.least_side_px}.",
                code="image_too_small",
                param=param,
            )
        if image.format not in OF_SEVERAL and getattr(image, "is_animated", False):
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
        upright = _eight_bit(upright)
    if upright.has_transparency_data:
        shown = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    plain = upright.convert("RGB")
    plain.info.clear()
    out = io.BytesIO()
    # Level 1 is several times faster than the default and a tenth larger.
    plain.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _eight_bit(image: Image.Image) -> Image.Image:
    """16-bit grey in 8 bits, the level that means transparency in white; `convert` would clip all but the darkest 256 levels."""
    levels = image.convert("I")
    grey = levels.point(lambda level: level / 256).convert("L")
    transparent = grey.info.pop("transparency", None)
    if isinstance(transparent, int):
        there = ImageMath.lambda_eval(
            lambda known: known["convert"](known["levels"] == transparent, "L"), levels=levels
        )
        grey.paste(255, mask=there.point(lambda found: 255 * found))
    return grey
