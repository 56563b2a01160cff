"""The oracle must read what was drawn, or no figure that rests on it means anything."""

import random
from dataclasses import replace

import pytest
from PIL import Image, ImageFilter

from training import oracle
from training.drawing import draw
from training.world import SIZES, Identity, Scene


@pytest.mark.parametrize("seed", range(9))
def test_every_attribute_and_the_identity_are_read_back(seed: int) -> None:
    rng = random.Random(seed)
    scene = Scene.sample(rng)

    reading = oracle.read(draw(scene, SIZES[seed % 3], rng))

    assert set(oracle.agreement(scene, reading.scene)) == {*oracle.TOLD, *oracle.HIDDEN}


def test_a_blurred_picture_is_still_read_but_less_surely() -> None:
    rng = random.Random(4)
    scene = Scene.sample(rng)
    sharp = draw(scene, SIZES[0], rng)
    blurred = sharp.filter(ImageFilter.GaussianBlur(1.5))

    reading, clear = oracle.read(blurred), oracle.read(sharp)

    assert set(oracle.TOLD) <= set(oracle.agreement(scene, reading.scene))
    assert reading.confidence["marking"] <= clear.confidence["marking"]


def test_the_same_character_elsewhere_is_near_and_another_is_far() -> None:
    rng = random.Random(2)
    scene = Scene.sample(rng, identity=Identity("teal", "light", "spots", "long"))
    other = replace(scene, identity=Identity("orange", "dark", "belly", "short"))

    first, again, stranger = (
        oracle.read(draw(shown, SIZES[0], rng)) for shown in (scene, scene.elsewhere(rng), other)
    )

    assert oracle.identity_distance(first, again) < 0.1
    assert oracle.identity_distance(first, stranger) > 0.8


def test_a_picture_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="size"):
        oracle.read(Image.new("RGB", (64, 64)))
