"""The planner's language (design §3): write a slot, read an answer, read what a description tells.

It knows the tags and the words of `world`, and nothing of requests, models or corpora.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training import world


@dataclass(frozen=True, slots=True)
class Slot:
    """A picture the answer asks for; `id` counts through the conversation; `size` is width and height in pixels, absent for the default square."""

    id: str
    description: str
    references: tuple[str, ...] = ()
    size: tuple[int, int] | None = None

    def __str__(self) -> str:
        references = f' refs="{",".join(self.references)}"' if self.references else ""
        size = f' size="{self.size[0]}x{self.size[1]}"' if self.size else ""
        return f'<imagine id="{self.id}"{references}{size}>{self.description}</imagine>'


SLOT: Final = re.compile(
    r'<imagine id="(?P<id>img\d+)"(?: refs="(?P<refs>\w+(?:,\w+)*)")?(?: size="(?P<width>\d+)x(?P<height>\d+)")?>'
    r"(?P<description>[^<>]+)</imagine>"
)


def parse(answer: str) -> list[str | Slot]:
    """Split an answer into its texts and slots, in order; empty texts are left out.

    Raises:
        ValueError: a tag that is not part of a whole slot.
    """
    parts: list[str | Slot] = []
    end = 0
    for match in SLOT.finditer(answer):
        parts += [answer[end : match.start()], _slot(match)]
        end = match.end()
    parts.append(answer[end:])
    for part in parts:
        if isinstance(part, str) and ("<imagine" in part or "</imagine" in part):
            raise ValueError(f"a tag outside a slot: {part!r}")
    return [part for part in parts if isinstance(part, Slot) or part.strip()]


def slots(answer: str) -> list[Slot]:
    """The slots of an answer, in order."""
    return [part for part in parse(answer) if isinstance(part, Slot)]


def _slot(match: re.Match[str]) -> Slot:
    references = tuple(match["refs"].split(",")) if match["refs"] else ()
    size = (int(match["width"]), int(match["height"])) if match["width"] else None
    return Slot(match["id"], match["description"], references, size)


def _phrases(variants: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {value: tuple(phrase.lower() for phrase in phrases) for value, phrases in variants.items()}


PHRASES: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "animal": {animal: (animal,) for animal in world.ANIMALS},
    "garment": {garment: (garment,) for garment in world.WEARING},
    "colour": {colour: tuple(f"{colour} {garment}" for garment in world.WEARING) for colour in world.COLOURS},
    "pose": {pose: (pose,) for pose in world.POSES},
    "position": _phrases(world.AT_POSITION),
    "place": _phrases(world.AT_PLACE),
    "sky": _phrases(world.UNDER_SKY),
    "thing": {thing: (f"a {thing}", f"an {thing}") for thing in world.THINGS},
}
"""For each told attribute, the phrases by which `world.describe` tells each of its values."""


def told(description: str) -> dict[str, str]:
    """The attributes that a description tells; one it does not tell is absent, as is the garment `none`."""
    lower = description.lower()
    return {
        attribute: value
        for attribute, values in PHRASES.items()
        for value, phrases in values.items()
        if any(re.search(rf"\b{phrase}\b", lower) for phrase in phrases)
    }
