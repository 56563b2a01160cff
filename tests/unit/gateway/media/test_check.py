"""Input images: what is taken, what is refused and why, and what comes out."""

import base64
import contextlib
import io
import struct
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gateway.media.check import ImageCheck, InvalidImage
from gateway.media.decoding import ImageLimits, Unfit, plain
from visualizer_service.blobs.blobs import Blob

LIMITS = ImageLimits(most_bytes=200_000, most_pixels=512 * 512, least_side_px=8)
FIELD = "input[0].content[1].image_url"


@pytest.fixture
async def check():
    check = ImageCheck(LIMITS, processes=1, image_s=5)
    yield check
    await check.close()


def encoded(image: Image.Image, format: str = "PNG", **options) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def picture(size=(40, 24), color=(200, 30, 30), mode="RGB") -> Image.Image:
    return Image.new(mode, size, color)


def opened(kept: Blob) -> Image.Image:
    image = Image.open(io.BytesIO(kept.data))
    image.load()
    return image


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of any size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF"])
async def test_each_allowed_type_becomes_a_plain_png(check, format):
    taken = opened(await check.from_bytes(encoded(picture(), format), FIELD))

    assert (taken.format, taken.mode, taken.size) == ("PNG", "RGB", (40, 24))


@pytest.mark.parametrize("format", ["MPO", "HEIF"])
async def test_of_a_photo_with_further_pictures_inside_the_first_counts(check, format):
    data = encoded(picture(), format, save_all=True, append_images=[picture((20, 12), (0, 0, 200))])
    taken = opened(await check.from_bytes(data, FIELD))

    assert taken.size == (40, 24)
    assert taken.getpixel((3, 3))[0] > 150


async def test_a_photo_is_turned_upright_and_its_metadata_is_gone(check):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: rotate by 90°
    exif[0x010E] = "where I live"
    data = encoded(picture((40, 24)), "JPEG", exif=exif, comment=b"secret")

    taken = await check.from_bytes(data, FIELD)

    assert opened(taken).size == (24, 40)
    assert not opened(taken).info
    assert b"where I live" not in taken.data
    assert b"secret" not in taken.data


async def test_text_in_a_png_is_dropped(check):
    from PIL.PngImagePlugin import PngInfo

    note = PngInfo()
    note.add_text("comment", "secret")

    assert b"secret" not in (await check.from_bytes(encoded(picture(), pnginfo=note), FIELD)).data


async def test_transparent_parts_become_white(check):
    taken = opened(await check.from_bytes(encoded(Image.new("RGBA", (16, 16), (0, 0, 0, 0))), FIELD))

    assert taken.getpixel((3, 3)) == (255, 255, 255)


async def test_sixteen_bit_grey_keeps_its_levels(check):
    taken = opened(await check.from_bytes(encoded(Image.new("I;16", (16, 16), 32768)), FIELD))

    assert taken.getpixel((3, 3)) == (128, 128, 128)


async def test_a_level_of_sixteen_bit_grey_that_means_transparency_becomes_white(check):
    grey = Image.new("I;16", (16, 16), 20_000)
    grey.putpixel((3, 3), 32768)
    taken = opened(await check.from_bytes(encoded(grey, transparency=32768), FIELD))

    assert (taken.getpixel((3, 3)), taken.getpixel((4, 4))) == ((255, 255, 255), (78, 78, 78))


NOISY = encoded(Image.effect_noise((67, 48), 90))
WRITTEN = base64.b64encode(NOISY).decode()
DATA_URLS = {
    "plain": f"data:image/png;base64,{WRITTEN}",
    "another type": f"data:image/webp;base64,{WRITTEN}",
    "a misnomer": f"data:image/jpg;base64,{WRITTEN}",
    "no type": f"data:;base64,{WRITTEN}",
    "a type that says nothing": f"data:application/octet-stream;base64,{WRITTEN}",
    "a name": f"data:image/png;name=fox.png;base64,{WRITTEN}",
    "two parameters": f'data:image/png;charset=utf-8;name="a fox.png";base64,{WRITTEN}',
    "capitals": f"DATA:IMAGE/PNG;BASE64,{WRITTEN}",
    "line breaks": "data:image/png;base64," + base64.encodebytes(NOISY).decode(),
    "windows' line breaks": "data:image/png;base64,\r\n" + WRITTEN.replace("A", "A\r\n"),
    "white space around": f" \n data:image/png;base64, {WRITTEN} \t",
    "no padding": f"data:image/png;base64,{WRITTEN.rstrip('=')}",
    "the alphabet for urls": f"data:image/png;base64,{base64.urlsafe_b64encode(NOISY).decode()}",
    "percent signs": f"data:image/png;base64,{quote(WRITTEN, safe='')}",
    "no base64": f"data:image/png,{quote(NOISY)}",
}


@pytest.mark.parametrize("form", DATA_URLS)
async def test_a_data_url_in_any_form_is_taken_like_the_bytes_in_it(check, form):
    assert WRITTEN.endswith("="), "the padding is what is left out"
    assert await check.from_url(DATA_URLS[form], FIELD) == await check.from_bytes(NOISY, FIELD)


async def test_a_data_url_is_taken_like_the_bytes_in_it(check):
    data = encoded(picture())
    url = "data:image/png;base64," + base64.b64encode(data).decode()

    assert await check.from_url(url, FIELD) == await check.from_bytes(data, FIELD)
    assert await check.from_base64(base64.b64encode(data).decode(), FIELD) == await check.from_bytes(
        data, FIELD
    )


def animated(format: str) -> bytes:
    return encoded(picture(), format, save_all=True, append_images=[picture(color=(0, 0, 200))])


NOISE = bytes(range(256)) * 40
BAD = {
    "text": (b"hello, I am a picture", "invalid_image"),
    "nothing": (b"", "invalid_image"),
    "bmp": (encoded(picture(), "BMP"), "invalid_image"),
    "animated gif": (animated("GIF"), "invalid_image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "invalid_image"),
    "animated png": (animated("PNG"), "invalid_image"),
    "animated webp": (animated("WEBP"), "invalid_image"),
    "truncated png": (encoded(Image.effect_noise((99, 99), 90))[:-400], "invalid_image"),
    "truncated jpeg": (encoded(Image.effect_noise((99, 99), 90), "JPEG")[:-900], "invalid_image"),
    "truncated webp": (encoded(Image.effect_noise((99, 99), 90), "WEBP")[:-400], "invalid_image"),
    "noise after a header": (b"\x89PNG\r\n\x1a\n" + NOISE, "invalid_image"),
    "too many bytes": (encoded(picture()) + b"\0" * 200_000, "image_file_too_large"),
    "too many pixels": (encoded(picture((1000, 1000))), "image_too_large"),
    "pixels over the warning of Pillow": (png_claiming(10_000, 10_000), "image_too_large"),
    "pixels over the limit of Pillow": (png_claiming(60_000, 60_000), "image_too_large"),
    "tiny": (encoded(picture((40, 2))), "image_too_small"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_image_is_refused_and_the_error_names_the_field(check, name):
    data, code = BAD[name]

    with pytest.raises(InvalidImage) as refused:
        await check.from_bytes(data, FIELD)

    assert (refused.value.code, refused.value.param, refused.value.status) == (code, FIELD, 400)
    assert FIELD in refused.value.message


@pytest.mark.parametrize(
    ("name", "limit"), [("too many bytes", "200000"), ("too many pixels", "262144"), ("tiny", "8")]
)
async def test_the_error_names_the_limit(check, name, limit):
    with pytest.raises(InvalidImage, match=limit):
        await check.from_bytes(BAD[name][0], FIELD)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://example.com/cat.png", "invalid_image_url"),
        ("file:///etc/passwd", "invalid_image_url"),
        ("data:image/png,abc", "invalid_image"),
        ("data:image/png;base64", "invalid_base64_image"),
        ("data:image/png;base64,!!!!", "invalid_base64_image"),
        ("data:image/png;base64,ä", "invalid_base64_image"),
        ("data:image/png;base64," + "A" * 300_000, "image_file_too_large"),
    ],
    ids=["remote", "file", "no image", "no comma", "broken base64", "not ascii", "too long"],
)
async def test_a_bad_url_is_refused(check, url, code):
    with pytest.raises(InvalidImage) as refused:
        await check.from_url(url, FIELD)

    assert refused.value.code == code


SAMPLES = [
    encoded(Image.effect_noise((24, 24), 60), format)
    for format in ("PNG", "JPEG", "WEBP", "GIF", "AVIF", "HEIF")
]


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(SAMPLES), st.data())
def test_whatever_the_bytes_say_the_answer_is_an_image_or_a_refusal(sample, data):
    broken = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Unfit):
        kept, media_type = plain(bytes(broken), LIMITS)
        assert opened(Blob(kept, media_type)).mode == "RGB"
