"""What a planner that sees is shown is small, and not more than it can read."""

from __future__ import annotations

import base64
import io

import PIL.Image
import pytest

from planner_service.errors import PlanRefused
from planner_service.prompts.turns import Picture
from planner_service.prompts.views import MOST_BYTES, Views, view_of


def picture(width_px: int, height_px: int, form: str = "PNG") -> Picture:
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (width_px, height_px), "red").save(buffer, form)
    return Picture("in1", base64.b64encode(buffer.getvalue()).decode())


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("size", "seen"), [((2048, 1024), (768, 384)), ((100, 3000), (26, 768)), ((64, 64), (64, 64))]
)
def test_no_side_of_a_view_is_longer_than_768_px(size: tuple[int, int], seen: tuple[int, int], form: str):
    assert view_of(picture(*size, form)).size == seen


def test_only_the_latest_pictures_are_shown():
    pictures = [picture(8, 8) for _ in range(5)]
    views = Views(["text", *pictures], 3)
    assert [views.show(one) for one in pictures] == [False, False, True, True, True]
    assert len(views.images) == 3


@pytest.mark.parametrize(
    ("data", "why"),
    [("AAAA", "cannot be read"), ("no base64!", "cannot be read"), ("A" * (MOST_BYTES + 1), "more than")],
    ids=["no image", "no base64", "too many bytes"],
)
def test_what_cannot_be_shown_is_refused_by_its_name(data: str, why: str):
    with pytest.raises(PlanRefused, match=f"image in7 .*{why}"):
        view_of(Picture("in7", data))


def test_an_image_of_too_many_pixels_is_refused_before_it_is_decoded():
    with pytest.raises(PlanRefused, match="pixels"):
        view_of(picture(10_000, 7_000))
