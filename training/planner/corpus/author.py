"""Who writes the corpus: a seeded source of choices that keeps the held-out part of the world to itself.

A training author never uses a held-out wording, name or character; a held-out author uses nothing else. It knows wordings and
characters, not what is done with them.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from training import world
from training.planner.corpus import names

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wordings:
    """Ways to say one thing: those that training uses, and those kept for the evaluation."""

    seen: tuple[str, ...]
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Character:
    """Who a story is about: the told attributes that stay the same, a name that no description tells, and pronouns."""

    animal: str
    garment: str
    colour: str
    name: str | None
    they: str
    them: str
    their: str

    @property
    def wearing(self) -> str:
        """`a red scarf`; empty where nothing is worn."""
        return "" if self.garment == "none" else world.WEARING[self.garment].format(colour=self.colour)


PRONOUNS: Final = (("she", "her", "her"), ("he", "him", "his"), ("it", "it", "its"))


def held_out_look(animal: str, garment: str, colour: str) -> bool:
    """Whether no training document may show this animal in this garment of this colour: about one look in ten."""
    if garment == "none":
        return False
    a, g, c = world.ANIMALS.index(animal), world.GARMENTS.index(garment), world.COLOURS.index(colour)
    return (a + 2 * g + 3 * c) % 10 == 7


def held_out_name(name: str) -> bool:
    """Whether no training document may use this name: about one name in eight."""
    return zlib.crc32(name.encode()) % 8 == 0


class Author:
    """Draws everything that varies between documents; two authors of one seed write the same."""

    def __init__(self, seed: int, *, held_out: bool = False) -> None:
        self.rng = random.Random(seed)
        self.held_out = held_out

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.rng.random() < probability

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, uniformly."""
        return self.rng.choice(options)

    def weighted(self, options: dict[T, float]) -> T:
        """One of the keys, by its weight."""
        return self.rng.choices(list(options), weights=list(options.values()))[0]

    def other(self, options: Sequence[T], than: T) -> T:
        """One of the options but this."""
        return self.pick([option for option in options if option != than])

    def say(self, wordings: Wordings) -> str:
        """One wording of this author's part: a held-out one where there is any."""
        return self.pick(wordings.unseen if self.held_out and wordings.unseen else wordings.seen)

    def name(self) -> str:
        """A name of this author's part, from the list or made of syllables."""
        while True:
            name = self.pick(names.NAMES) if self.chance(0.6) else self._coined()
            if held_out_name(name) == self.held_out:
                return name

    def _coined(self) -> str:
        return "".join(self.pick(names.SYLLABLES) for _ in range(self.rng.randint(2, 3))).capitalize()

    def may_show(self, animal: str, garment: str, colour: str) -> bool:
        """Whether this author may show a character that looks so."""
        return self.held_out or not held_out_look(animal, garment, colour)

    def character(self, animal: str | None = None) -> Character:
        """A character: dressed two times in three, named every other time. A held-out author's looks were never trained on."""
        they, them, their = self.pick(PRONOUNS)
        name = self.name() if self.chance(0.5) else None
        while True:
            animal_now, colour = animal or self.pick(world.ANIMALS), self.pick(world.COLOURS)
            garment = self.pick(list(world.WEARING)) if self.held_out or self.chance(0.67) else "none"
            if held_out_look(animal_now, garment, colour) == self.held_out:
                return Character(animal_now, garment, colour, name, they, them, their)

    def scene_like(self, scene: world.Scene) -> world.Scene:
        """The same scene with another pose, position and thing, or the same by chance."""
        drawn = world.Scene.sample(self.rng)
        return replace(scene, pose=drawn.pose, position=drawn.position, thing=drawn.thing)

    def scene(self, character: Character, place: str, sky: str | None = None) -> world.Scene:
        """A scene that shows the character there, everything not given drawn anew."""
        drawn = world.Scene.sample(self.rng, character.animal)
        shown = replace(drawn, garment=character.garment, colour=character.colour, place=place)
        return replace(shown, sky=sky) if sky else shown
