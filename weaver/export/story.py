"""An answer as something to read: a title, paragraphs, and pictures with where they are found. Every form of export begins here."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from weaver.client.answer import Answer, Part, Picture, Text

MOST_TITLE = 70
# What XML cannot hold, in whatever way it is written, and nobody can see.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class StoryText:
    """A run of text."""

    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoryPicture:
    """A picture; `source` is where it is found, None if it did not come. `references` say whether they are in the same story."""

    picture: Picture
    source: str | None
    description: str
    references: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Story:
    """An answer to read; `prompt` is what it answers, if that is known."""

    title: str
    prompt: str | None
    model: str
    parts: tuple[StoryText | StoryPicture, ...]


def story(answer: Answer, prompt: str | None, source: Callable[[Picture], str]) -> Story:
    """Prepare an answer; `source` says where a picture that came will be found."""
    here = {picture.id for picture in answer.pictures}

    def part(part: Part) -> StoryText | StoryPicture:
        match part:
            case Text(text=text):
                return StoryText(paragraphs(text))
            case Picture():
                found = None if part.data is None else source(part)
                used = tuple((used.id, used.id in here) for used in part.references)
                return StoryPicture(part, found, clean(part.description), used)

    parts = tuple(part(one) for one in answer.parts)
    asked = None if prompt is None else clean(prompt)
    return Story(_title(asked or clean(answer.text)), asked, clean(answer.model), parts)


def file_name(picture: Picture) -> str:
    """What a picture's file is called."""
    return f"{picture.id}.{picture.format}"


def data_url(picture: Picture) -> str:
    """A picture that came, as a URL that holds it."""
    return f"data:image/{picture.format};base64,{base64.b64encode(picture.data or b'').decode()}"


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, none of them empty."""
    return tuple(stripped for one in clean(text).split("\n\n") if (stripped := one.strip()))


def clean(text: str) -> str:
    """The text without what cannot be written down."""
    return UNWRITABLE.sub("", text.replace("\r\n", "\n"))


def _title(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return (line if len(line) <= MOST_TITLE else line[:MOST_TITLE].rsplit(" ", 1)[0] + " …") or "An answer"
