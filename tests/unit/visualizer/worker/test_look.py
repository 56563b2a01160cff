"""Pictures that look alike have looks alike, and collages are told from pictures."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, ImageDraw, ImageFilter

from gateway.answer.stitching.flaws import is_same
from visualizer_service.worker.look import looked_at


def scene(seed: int, size: tuple[int, int] = (128, 128)) -> Image.Image:
    """A sky, a ground and a few things of any colour."""
    chosen = random.Random(seed)
    image = Image.new("RGB", size, (chosen.randrange(256), 160, 220))
    draw = ImageDraw.Draw(image)
    horizon = size[1] * 2 // 3
    draw.rectangle((0, horizon, size[0], size[1]), fill=(60, chosen.randrange(100, 200), 60))
    for _ in range(6):
        x, y, r = chosen.randrange(size[0]), chosen.randrange(size[1]), chosen.randrange(8, size[0] // 4)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(chosen.randrange(256) for _ in range(3)))
    return image


def collage(across: int, down: int, gutter: int, colour: str) -> Image.Image:
    whole = Image.new("RGB", (256, 256), colour)
    width, height = (256 - gutter * (across - 1)) // across, (256 - gutter * (down - 1)) // down
    for number in range(across * down):
        column, row = number % across, number // across
        whole.paste(scene(number, (width, height)), (column * (width + gutter), row * (height + gutter)))
    return whole


def as_jpeg(picture: Image.Image) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return Image.open(out).convert("RGB")


@pytest.mark.parametrize("seed", range(8))
def test_a_picture_is_the_same_written_otherwise_or_in_another_size(seed: int):
    picture = scene(seed)
    sizes = [picture.resize(size) for size in ((96, 96), (1024, 1024), (1000, 1000))]
    for other in (as_jpeg(picture), *sizes, picture.filter(ImageFilter.GaussianBlur(0.5))):
        assert is_same(looked_at(picture).look, looked_at(other).look)


def test_other_pictures_are_others():
    looks = [looked_at(scene(seed)).look for seed in range(24)]
    assert not [(a, b) for a in range(24) for b in range(a) if is_same(looks[a], looks[b])]


def test_a_picture_in_other_colours_is_another():
    red, green, blue = scene(3).split()
    assert not is_same(looked_at(scene(3)).look, looked_at(Image.merge("RGB", (blue, green, red))).look)


@pytest.mark.parametrize("colour", ["white", "black"])
@pytest.mark.parametrize(("across", "down", "gutter"), [(2, 1, 4), (1, 2, 6), (2, 2, 8), (3, 1, 4)])
def test_panels_with_gutters_between_are_a_collage(across: int, down: int, gutter: int, colour: str):
    pictures = collage(across, down, gutter, colour)
    assert looked_at(pictures).has_panels
    assert looked_at(pictures.resize((1000, 1000))).has_panels


def test_single_pictures_are_none():
    assert not [seed for seed in range(40) if looked_at(scene(seed)).has_panels]
    assert not looked_at(Image.new("RGB", (64, 64), "white")).has_panels
