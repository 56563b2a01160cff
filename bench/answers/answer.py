"""An answer as the benchmark knows it, whoever gave it: texts and pictures in order, and when the first of each was there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pydantic import ConfigDict, TypeAdapter

Outcome = Literal["completed", "incomplete", "failed"]


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; `data` is the file's bytes, None where it did not come, and `failure` says why.

    What a server does not tell of its pictures stays as it is by default: `name`, `description`, `references` used and missing, and
    `drawing_s`, how long a device was at it. `url` is where it can be fetched, if it came as a link.
    """

    __pydantic_config__ = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    data: bytes | None = field(repr=False)
    name: str | None = None
    description: str | None = None
    references: tuple[str, ...] = ()
    missing_references: tuple[str, ...] = ()
    size: str | None = None
    drawing_s: float | None = None
    failure: str | None = None
    url: str | None = None


Part = Text | Picture


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. Times count from the request, in seconds; None for what never came. `failure` says why it is not completed."""

    parts: tuple[Part, ...]
    outcome: Outcome
    failure: str | None = None
    first_text_s: float | None = None
    first_picture_s: float | None = None
    whole_s: float | None = None
    tokens: int | None = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures, those that did not come included."""
        return tuple(part for part in self.parts if isinstance(part, Picture))

    @property
    def drawn(self) -> tuple[Picture, ...]:
        """The pictures that came."""
        return tuple(picture for picture in self.pictures if picture.data is not None)

    @property
    def led(self) -> tuple[bool, ...]:
        """For each picture whether a text stands right before it; blank ones don't count."""
        parts = [part for part in self.parts if isinstance(part, Picture) or part.text.strip()]
        pairs = zip((None, *parts), parts, strict=False)
        return tuple(isinstance(before, Text) for before, part in pairs if isinstance(part, Picture))

    @property
    def text(self) -> str:
        """All of the text, a paragraph for each run."""
        return "\n\n".join(part.text.strip() for part in self.parts if isinstance(part, Text))


STORED: TypeAdapter[Answer] = TypeAdapter(Answer)
"""An answer as JSON, its pictures in base64."""


def stored(answer: Answer) -> bytes:
    """An answer to be kept."""
    return STORED.dump_json(answer)


def restored(kept: bytes) -> Answer:
    """An answer that was kept; raises ValueError if it is none."""
    return STORED.validate_json(kept)
