"""What happens in an answer that a load test times, whatever dialect told it.

`place` is where a part stands in the answer, from 0; parts of a dialect that tells everything in order are numbered as they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text."""

    place: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture that is not finished."""

    place: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, whole."""

    place: int


@dataclass(frozen=True, slots=True)
class NoPicture:
    """A picture that will not come, and why."""

    place: int
    code: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The answer's end, as the server tells it."""

    how: Literal["completed", "incomplete", "failed"]
    code: str | None = None


Mark = Text | Preview | Picture | NoPicture | Ended
