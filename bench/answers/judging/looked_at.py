"""A storybook answer as the oracle has read it: each picture's scene beside the text and the description that it stands for."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image

from bench.answers.answer import Answer, Picture, Text
from training import oracle
from training.oracle import Reading
from training.planner.language import told
from training.world import SIZES

_PLACE_WORDS: Final = {
    "forest": r"forest|woods?|trees",
    "beach": r"beach|sea|shore|waves",
    "meadow": r"meadow|grass",
    "mountains": r"mountains?|hills?",
    "village": r"village|houses",
    "desert": r"desert|sand of the desert|dunes?",
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that came: what it was to show, what it shows, the text before it; `reading` is None if it can't be read."""

    described: Mapping[str, str]
    before: str
    reading: Reading | None

    @property
    def shown(self) -> dict[str, str]:
        """The attributes that the picture shows; no colour where nothing is worn."""
        if self.reading is None:
            return {}
        scene = self.reading.scene
        shown = {name: getattr(scene, name) for name in oracle.TOLD}
        return shown if scene.garment != "none" else {**shown, "colour": "none"}

    @property
    def places_told(self) -> set[str]:
        """The places that the text before the picture speaks of."""
        return {
            place
            for place, words in _PLACE_WORDS.items()
            if re.search(rf"\b({words})\b", self.before.lower())
        }


@dataclass(frozen=True, slots=True)
class LookedAt:
    """An answer and its pictures, read."""

    answer: Answer
    seen: tuple[Seen, ...]


def look(answer: Answer) -> LookedAt:
    """Read every picture of an answer; a third of a second each on one core."""
    seen, before = [], ""
    for part in answer.parts:
        match part:
            case Text(text=text):
                before = text
            case Picture(data=bytes(data)):
                seen.append(Seen(told(part.description or ""), before, read(data)))
                before = ""
            case Picture():
                before = ""
    return LookedAt(answer, tuple(seen))


@lru_cache(maxsize=1024)
def read(data: bytes) -> Reading | None:
    """What a picture shows; None if it is no picture, or of no size of the world's."""
    try:
        picture = Image.open(io.BytesIO(data)).convert("RGB")
    except OSError:
        return None
    return oracle.read(picture) if picture.size in SIZES else None
