"""Images that take long or grow: refused, ended, or kept small, and none of them in the way of another."""

import asyncio
import contextlib
import io

import pytest
from PIL import Image

from gateway.media.decoders import Decoders
from gateway.media.decoding import AT_MOST, MOST_SCANS, SMALL_BYTES, ImageLimits, Unfit, plain
from tests.unit.gateway.media.images import encoded, many_scans, noise

LIMITS = ImageLimits(most_bytes=64 * 2**20, most_pixels=4096 * 4096, least_side_px=8)
LARGE = encoded(noise(500).resize((4000, 4000)), "PNG", compress_level=1)
SMALL = encoded(Image.new("RGB", (64, 64)), "PNG")


@pytest.fixture
async def decoders():
    one = Decoders(LIMITS, processes=1, image_s=5)
    yield one
    await one.close()


def test_a_progressive_jpeg_of_a_camera_is_taken():
    kept, _ = plain(encoded(noise(64), "JPEG", progressive=True), LIMITS)

    assert Image.open(io.BytesIO(kept)).size == (64, 64)


def test_scans_are_counted_before_anything_is_decoded():
    with pytest.raises(Unfit, match=f"more than {MOST_SCANS} scans"):
        plain(many_scans(4096, 5000), LIMITS)


async def test_an_image_that_takes_too_long_is_refused_and_the_next_one_is_taken():
    decoders = Decoders(LIMITS, processes=1, image_s=1)
    try:
        with pytest.raises(Unfit, match="to decode"):
            await decoders.plain(LARGE)
        assert (await decoders.plain(SMALL)).media_type == "image/png"
    finally:
        await decoders.close()


async def test_whoever_leaves_frees_the_place_at_once(decoders):
    waiting = [asyncio.create_task(decoders.plain(LARGE)) for _ in range(5)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.wait(waiting)

    assert (await decoders.plain(SMALL)).media_type == "image/png"


@pytest.mark.parametrize("format", ["WEBP", "JPEG"])
def test_a_small_file_does_not_become_a_large_one(format):
    sent = encoded(noise(1024), format, quality=1)
    kept, media_type = plain(sent, LIMITS)

    assert (len(kept) <= len(sent), media_type) == (True, f"image/{format.lower()}")
    seen, meant = (Image.open(io.BytesIO(data)).convert("RGB") for data in (kept, sent))
    assert seen.tobytes() == meant.tobytes()


@pytest.mark.parametrize("turned", [1, 6])
@pytest.mark.parametrize("format", ["WEBP", "JPEG"])
def test_what_is_kept_is_without_metadata_in_every_form(format, turned):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = turned, "where I live"
    sent = encoded(noise(700), format, quality=30, exif=exif) + b"secret"
    kept, media_type = plain(sent, LIMITS)

    assert media_type != "image/png"
    assert b"where I live" not in kept
    assert b"secret" not in kept
    assert len(kept) <= AT_MOST * len(sent) + SMALL_BYTES


def test_what_has_to_be_encoded_anew_grows_by_no_more_than_it_may():
    exif = Image.Exif()
    exif[0x0112] = 6
    sent = encoded(noise(1200), "WEBP", quality=0, exif=exif)

    with contextlib.suppress(Unfit):
        assert len(plain(sent, LIMITS)[0]) <= AT_MOST * len(sent) + SMALL_BYTES


def test_a_jpeg_with_more_jpegs_after_it_counts_as_its_first():
    first, second = noise(64), Image.new("RGB", (32, 32))
    kept, _ = plain(encoded(first, "MPO", save_all=True, append_images=[second]), LIMITS)

    assert Image.open(io.BytesIO(kept)).size == (64, 64)
