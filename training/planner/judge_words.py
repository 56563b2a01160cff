"""Whether the words of an answer are as they should be: no babble, no other count than is drawn, no figure that no picture shows."""

from __future__ import annotations

import re
from typing import Final

from training import world
from training.planner.corpus.wordings import NUMBERS, PLURALS
from training.planner.language import Slot, told

LONGEST_TEXT: Final = 320
"""Characters of a text between two pictures above which it is babble: the corpus has none that is half as long."""

_OPENING: Final = re.compile(
    r"Gladly|Of course|Done|Like this\?|Here (?:is|are|you are|it is)|Hello|[Ss]orry"
)
_COUNT: Final = re.compile(rf"\b({'|'.join(NUMBERS)}|\d+) (?:pictures?|steps?)\b", re.IGNORECASE)
_EXCUSE: Final = re.compile(r"sorry|cannot|never|do not know|nothing like", re.IGNORECASE)
_LIMIT: Final = re.compile(r"Eight pictures are the most|up to eight pictures")


def babbles(texts: list[str]) -> bool:
    """Whether a text is too long, an opening is said twice, or a text comes again."""
    openings = _OPENING.findall("\n".join(texts))
    lines = [line for text in texts for line in text.strip().splitlines() if line]
    return (
        any(len(text) > LONGEST_TEXT for text in texts)
        or len(openings) > len(set(openings))
        or len(lines) > len(set(lines))
    )


def tells_count(texts: list[str], drawn: int) -> bool | None:
    """Whether each count of pictures or steps that is told is the one drawn; None where none is told."""
    said = _COUNT.findall(_LIMIT.sub("", "\n".join(texts)))
    if not said:
        return None
    return all((int(word) if word.isdigit() else NUMBERS.index(word.lower())) == drawn for word in said)


def tells_of_others(texts: list[str], drawn: list[Slot]) -> bool:
    """Whether the words name an animal that no picture shows."""
    words = set(re.findall(r"[a-z]+", "\n".join(texts).lower()))
    named = {animal for animal in world.ANIMALS if words & {animal, PLURALS[animal]}}
    return not named <= {told(slot.description).get("animal") for slot in drawn}


def says_so(parts: list[str | Slot]) -> bool:
    """Whether the answer begins with words that excuse what the world lacks."""
    return bool(parts) and isinstance(parts[0], str) and bool(_EXCUSE.search(parts[0]))
