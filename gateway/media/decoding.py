"""What one image that somebody sent becomes: upright, opaque, without metadata, and not much larger than it was sent.

Plain functions of bytes; they run in a process of their own (`decoder`), for an image may take long, and much memory, on purpose.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageMath, ImageOps
from pillow_heif import register_heif_opener

from gateway.media.stripping import stripped

# As Pillow names them; an MPO, as phones and cameras make them, is a JPEG with further pictures after the first.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF")
# Of these, what comes after the first picture is another picture, and no next moment of it.
OF_SEVERAL = ("MPO", "HEIF")
# Those whose files can be kept as they were sent, without their metadata.
KEPT_MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "MPO": "image/jpeg", "WEBP": "image/webp"}
ALLOWED = "png, jpeg, webp, gif, avif or heic"
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
# Each scan of a progressive JPEG goes over all of its pixels, however few bytes it has; cameras write about ten.
START_OF_SCAN, MOST_SCANS = b"\xff\xda", 100
# What is kept of an image, in multiples of what was sent.
FREELY, AT_MOST, SMALL_BYTES = 2, 8, 2**18
QUALITIES = (90, 60)


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """What an input image may be: bytes as sent, pixels once decoded, and the length of its shorter side."""

    most_bytes: int
    most_pixels: int
    least_side_px: int


class Unfit(Exception):
    """The image cannot be taken; the words go on from its name."""

    def __init__(self, words: str, code: str = "invalid_image") -> None:
        super().__init__(words)
        self.words, self.code = words, code


def plain(data: bytes, limits: ImageLimits) -> tuple[bytes, str]:
    """Check an image and make a plain one of it.

    Args:
        data: the file's bytes.
        limits: what it may be.

    Returns:
        The bytes to keep and their media type: upright, opaque (transparent parts on white), 8 bits a channel, without metadata. PNG,
        unless that would be much larger than what was sent.

    Raises:
        Unfit: too many bytes, pixels or scans, too small, of another type than allowed, animated, or broken.
    """
    check_bytes(len(data), limits)
    if data.count(START_OF_SCAN) > MOST_SCANS and data.startswith(b"\xff\xd8"):
        raise Unfit(f"is a JPEG of more than {MOST_SCANS} scans.")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_header(image, limits)
            return _kept(image, data)
    except BOMB:
        raise _too_many_pixels("far too many", limits) from None
    except BROKEN:
        raise Unfit(f"is not a whole image of type {ALLOWED}.") from None


def check_bytes(count: int, limits: ImageLimits) -> None:
    """Refuse a file by its size alone. Raises Unfit."""
    if count > limits.most_bytes:
        raise Unfit(f"holds {count} bytes; at most {limits.most_bytes} are taken.", "image_file_too_large")


def _check_header(image: Image.Image, limits: ImageLimits) -> None:
    if image.width * image.height > limits.most_pixels:
        raise _too_many_pixels(f"{image.width}x{image.height} = {image.width * image.height}", limits)
    if min(image.size) < limits.least_side_px:
        raise Unfit(
            f"is {image.width}x{image.height} pixels; the shorter side needs {limits.least_side_px}.",
            "image_too_small",
        )
    if image.format not in OF_SEVERAL and getattr(image, "is_animated", False):
        raise Unfit("is animated; send a single picture.")


def _too_many_pixels(sent: str, limits: ImageLimits) -> Unfit:
    return Unfit(f"has {sent} pixels; at most {limits.most_pixels} are taken.", "image_too_large")


def _kept(image: Image.Image, data: bytes) -> tuple[bytes, str]:
    is_plain = (
        image.format in KEPT_MEDIA_TYPES
        and image.mode in ("RGB", "L")
        and not image.has_transparency_data
        and not _is_turned(image)
    )
    shown = _upright_rgb(image)
    for bytes_kept, media_type, most in _candidates(
        shown, data if is_plain else None, len(data), image.format or ""
    ):
        if len(bytes_kept) <= most:
            return bytes_kept, media_type
    raise Unfit(
        f"would take more than {AT_MOST} times its bytes to keep; send it upright and opaque, or as PNG.",
        "image_too_large",
    )


def _candidates(
    shown: Image.Image, data: bytes | None, sent: int, format: str
) -> Iterator[tuple[bytes, str, int]]:
    """Forms in which an image can be kept, the best first, each with its media type and the most bytes that it may have."""
    yield _encoded(shown, "PNG", compress_level=1), "image/png", FREELY * sent + SMALL_BYTES
    if data is not None:
        yield stripped(data, format), KEPT_MEDIA_TYPES[format], len(data)
    for quality in QUALITIES:
        yield _encoded(shown, "JPEG", quality=quality), "image/jpeg", AT_MOST * sent + SMALL_BYTES


def _encoded(image: Image.Image, format: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def _is_turned(image: Image.Image) -> bool:
    return image.getexif().get(0x0112, 1) != 1


def _upright_rgb(image: Image.Image) -> Image.Image:
    """The image as it is meant to be seen."""
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        upright = _eight_bit(upright)
    if upright.has_transparency_data:
        seen = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    rgb = upright.convert("RGB")
    rgb.info.clear()
    return rgb


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
