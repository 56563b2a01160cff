"""The storybook world: what a picture can show, and the words that tell it.

It knows nothing of pixels (see `drawing`) and nothing of models. A scene has *told* attributes, which a description names, and
an *identity*, which no description ever tells: only a reference image can carry it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Final

PLACES: Final = ("forest", "beach", "meadow", "mountains", "village", "desert")
SKIES: Final = ("day", "sunset", "night", "rain")
ANIMALS: Final = ("fox", "rabbit", "bear", "cat", "owl", "mouse")
GARMENTS: Final = ("none", "scarf", "hat", "cape", "crown", "boots")
COLOURS: Final = ("red", "blue", "green", "yellow")
THINGS: Final = ("ball", "kite", "lantern", "boat", "flower", "umbrella")
POSITIONS: Final = ("left", "middle", "right")
POSES: Final = ("standing", "sitting", "jumping")

# Identity: never told.
COATS: Final = ("orange", "brown", "grey", "cream", "violet", "teal", "pink", "black")
SHADES: Final = ("light", "dark")
MARKINGS: Final = ("plain", "belly", "spots", "stripes")
TAILS: Final = ("short", "long")

SIZES: Final = ((128, 128), (160, 96), (96, 160))
"""Width and height in pixels: square, wide, tall."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes one fox this fox; only a picture can say it."""

    coat: str
    shade: str
    marking: str
    tail: str

    @staticmethod
    def sample(rng: random.Random) -> Identity:
        """Draw one identity, uniformly."""
        return Identity(rng.choice(COATS), rng.choice(SHADES), rng.choice(MARKINGS), rng.choice(TAILS))


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything one picture shows. `colour` is the garment's, and means nothing where the garment is `none`."""

    animal: str
    garment: str
    colour: str
    pose: str
    position: str
    place: str
    sky: str
    thing: str
    identity: Identity

    @staticmethod
    def sample(rng: random.Random, animal: str | None = None, identity: Identity | None = None) -> Scene:
        """Draw one scene, uniformly in every attribute that is not given."""
        return Scene(
            animal=animal or rng.choice(ANIMALS),
            garment=rng.choice(GARMENTS),
            colour=rng.choice(COLOURS),
            pose=rng.choice(POSES),
            position=rng.choice(POSITIONS),
            place=rng.choice(PLACES),
            sky=rng.choice(SKIES),
            thing=rng.choice(THINGS),
            identity=identity or Identity.sample(rng),
        )

    def elsewhere(self, rng: random.Random) -> Scene:
        """The same character in a scene drawn anew: same animal and identity, another place."""
        other = Scene.sample(rng, self.animal, self.identity)
        return replace(other, place=rng.choice([place for place in PLACES if place != self.place]))


WEARING: Final = {
    "scarf": "a {colour} scarf",
    "hat": "a {colour} hat",
    "cape": "a {colour} cape",
    "crown": "a {colour} crown",
    "boots": "{colour} boots",
}
AT_PLACE: Final = {
    "forest": ("in the forest", "among the trees of the forest"),
    "beach": ("on the beach", "by the sea on the beach"),
    "meadow": ("in the meadow", "on the green meadow"),
    "mountains": ("in the mountains", "high in the mountains"),
    "village": ("in the village", "between the houses of the village"),
    "desert": ("in the desert", "on the sand of the desert"),
}
UNDER_SKY: Final = {
    "day": ("on a sunny day", "in bright daylight"),
    "sunset": ("at sunset", "under an orange sunset"),
    "night": ("at night", "under the stars at night"),
    "rain": ("in the rain", "on a rainy day"),
}
AT_POSITION: Final = {
    "left": ("on the left", "at the left side"),
    "middle": ("in the middle", "in the centre"),
    "right": ("on the right", "at the right side"),
}


def with_article(noun: str) -> str:
    """`an owl`, `a fox`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def describe(scene: Scene, rng: random.Random) -> str:
    """Tell every told attribute of `scene` in one sentence; wording and order vary with `rng`."""
    wearing = (
        "" if scene.garment == "none" else " wearing " + WEARING[scene.garment].format(colour=scene.colour)
    )
    subject = f"{with_article(scene.animal)}{wearing}"
    pose = f"{scene.pose} {rng.choice(AT_POSITION[scene.position])}"
    place, sky = rng.choice(AT_PLACE[scene.place]), rng.choice(UNDER_SKY[scene.sky])
    thing = with_article(scene.thing)
    sentence = rng.choice(
        (
            f"{subject} {pose}, {place} {sky}, with {thing} nearby",
            f"{subject}, {pose}, {place} {sky}, beside {thing}",
            f"{place} {sky}, {subject} {pose}, with {thing} close by",
            f"{subject} and {thing}, {place} {sky}, the {scene.animal} {pose}",
        )
    )
    return sentence[0].upper() + sentence[1:] + "."
