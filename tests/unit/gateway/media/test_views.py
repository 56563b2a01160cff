"""Views are small, made once, and of what is there."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import pytest
from PIL import Image

from gateway.media.views import LONGEST_SIDE_PX, MOST_KEPT, Views


@dataclass(frozen=True)
class Kept:
    data: bytes


class Images:
    """Gives the same image under every name but `gone`, and counts how often."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.asked: list[str] = []

    async def get(self, blob_id: str) -> Kept | None:
        self.asked.append(blob_id)
        return None if blob_id == "gone" else Kept(self.data)


def picture(width: int, height: int, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), 90).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("size", "seen"), [((2048, 1024), (768, 384)), ((64, 48), (64, 48)), ((10, 4000), (2, 768))]
)
async def test_a_view_keeps_the_shape_and_is_not_larger_than_needed(
    size: tuple[int, int], seen: tuple[int, int]
):
    view = await Views(Images(picture(*size))).base64("a")
    assert view is not None
    with Image.open(io.BytesIO(base64.b64decode(view))) as image:
        assert (image.format, image.size) == ("JPEG", seen)
    assert max(seen) <= LONGEST_SIDE_PX


async def test_a_view_is_made_once_and_not_kept_for_ever():
    images = Images(picture(8, 8, "L"))
    views = Views(images)
    for name in ("a", "a", *map(str, range(MOST_KEPT)), "a"):
        await views.base64(name)
    assert images.asked.count("a") == 2


async def test_of_what_is_gone_or_no_image_there_is_no_view():
    assert await Views(Images(picture(8, 8))).base64("gone") is None
    assert await Views(Images(b"nothing")).base64("a") is None
