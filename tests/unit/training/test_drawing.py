"""What a drawn picture owes its scene."""

import random
from dataclasses import replace

import numpy as np
import pytest

from training.drawing import draw
from training.world import ANIMALS, GARMENTS, PLACES, POSES, POSITIONS, SIZES, SKIES, THINGS, Identity, Scene

PLAIN = Scene(
    animal="fox",
    garment="scarf",
    colour="red",
    pose="standing",
    position="middle",
    place="meadow",
    sky="day",
    thing="ball",
    identity=Identity("orange", "light", "plain", "short"),
)


def pixels(scene: Scene, size: tuple[int, int] = SIZES[0], seed: int = 0) -> np.ndarray:
    return np.asarray(draw(scene, size, random.Random(seed)), np.float32)


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_has_the_size_that_was_asked_for(size: tuple[int, int]) -> None:
    picture = draw(PLAIN, size, random.Random(0))

    assert (picture.size, picture.mode) == (size, "RGB")


def test_the_same_seed_draws_the_same_picture() -> None:
    assert np.array_equal(pixels(PLAIN, seed=3), pixels(PLAIN, seed=3))


def test_another_seed_moves_things_only_a_little() -> None:
    assert 0 < np.abs(pixels(PLAIN, seed=1) - pixels(PLAIN, seed=2)).mean() < 12


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("animal", ANIMALS),
        ("garment", GARMENTS),
        ("pose", POSES),
        ("position", POSITIONS),
        ("place", PLACES),
        ("sky", SKIES),
        ("thing", THINGS),
    ],
)
def test_each_value_of_a_told_attribute_shows(name: str, values: tuple[str, ...]) -> None:
    pictures = [pixels(replace(PLAIN, **{name: value})) for value in values]

    for index, picture in enumerate(pictures):
        assert all(np.abs(picture - other).max() > 60 for other in pictures[:index])


@pytest.mark.parametrize(
    "identity",
    [
        Identity("teal", "light", "plain", "short"),
        Identity("orange", "dark", "plain", "short"),
        Identity("orange", "light", "stripes", "short"),
        Identity("orange", "light", "plain", "long"),
    ],
)
def test_each_part_of_the_identity_shows(identity: Identity) -> None:
    assert np.abs(pixels(replace(PLAIN, identity=identity)) - pixels(PLAIN)).max() > 40


def test_the_colour_of_no_garment_does_not_show() -> None:
    bare = replace(PLAIN, garment="none")

    assert np.array_equal(pixels(bare), pixels(replace(bare, colour="blue")))
