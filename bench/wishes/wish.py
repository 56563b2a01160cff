"""What is wished for, and what is wrong with an answer to it. It knows neither the API nor how an answer came."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from planner_service.language.sentences import first_end

Way = Literal["api", "cli", "mcp"]
Mode = Literal["auto", "text", "image", "interleaved"]

LONGEST_TEXT = 320
"""Characters between two pictures: storybook writes a few short sentences."""

_OPENINGS = re.compile(r"\b(?:Gladly|Of course|Here is)\b")

PICTURE: Final = None
"""A picture's place among an answer's parts; a text stands as itself."""

Parts = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that says how many pictures by option, not in words. `after` is the request whose answer it goes on from."""

    text: str
    way: Way = "api"
    least: int | None = None
    most: int | None = None
    mode: Mode = "interleaved"
    after: str | None = None
    seed: int = 0

    @property
    def bounds(self) -> tuple[int, int]:
        """How many pictures an answer may have."""
        if self.mode == "text":
            return 0, 0
        least = 1 if self.mode in ("image", "interleaved") else 0
        most = 1 if self.mode == "image" else 8
        return self.least if self.least is not None else least, self.most if self.most is not None else most


def faults_of(wish: Wish, parts: Parts) -> Iterator[str]:
    """What is wrong with an answer, in words."""
    least, most = wish.bounds
    pictures = sum(part is None for part in parts)
    texts = [part for part in parts if part is not None and part.strip()]
    if not least <= pictures <= most:
        yield f"{pictures} pictures, not {least} to {most}"
    if wish.mode == "image" and texts:
        yield f"text beside pictures alone: {texts[0][:60]}"
    if wish.mode != "image" and not texts:
        yield "no text"
    yield from (
        f"a text of {len(text)} characters: {text[:60]}" for text in texts if len(text) > LONGEST_TEXT
    )
    if twice := _opening_said_twice(texts):
        yield f"said twice: {twice}"


def _opening_said_twice(texts: Sequence[str]) -> str:
    words = _OPENINGS.findall(" ".join(texts))
    again = [word for word in words if words.count(word) > 1]
    if again or not texts:
        return again[0] if again else ""
    first = texts[0][: first_end(texts[0] + " ") or len(texts[0])].strip()
    return first if sum(text.count(first) for text in texts) > 1 else ""
