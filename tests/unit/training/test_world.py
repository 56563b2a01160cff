"""Descriptions tell what they must and nothing that only a picture may carry."""

import random

import pytest

from training.world import COATS, MARKINGS, SHADES, TAILS, Scene, describe


@pytest.mark.parametrize("seed", range(20))
def test_a_description_names_what_is_told(seed: int) -> None:
    rng = random.Random(seed)
    scene = Scene.sample(rng)
    text = describe(scene, rng)

    worn = () if scene.garment == "none" else (scene.garment, scene.colour)
    assert all(word in text.lower() for word in (scene.animal, scene.thing, scene.pose, scene.place, *worn))


@pytest.mark.parametrize("seed", range(20))
def test_a_description_never_tells_the_identity(seed: int) -> None:
    rng = random.Random(seed)
    words = set(describe(Scene.sample(rng), rng).lower().replace(",", " ").replace(".", " ").split())

    assert not words & ({*COATS, *SHADES, *MARKINGS, *TAILS} - {"orange"})


def test_elsewhere_keeps_the_character_and_leaves_the_place() -> None:
    rng = random.Random(0)
    scene = Scene.sample(rng)
    other = scene.elsewhere(rng)

    assert (other.animal, other.identity) == (scene.animal, scene.identity)
    assert other.place != scene.place
