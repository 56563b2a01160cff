"""Finished examples: stories that a real pair told, as they came, in `gateway/studio/static/examples/NAME/`.

`story.json` holds the questions and the events of the answers, as the ledger does; beside it lie the pictures, each called after the
SHA-256 of its bytes. `python -m gateway.examples.record` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict

from gateway.answer.errors import NotFound
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.answer.retelling import Turn
from gateway.studio.pages import Page, load

FOLDER: Final = "examples/"
PUT_S: Final = 600.0
"""A picture is stored for its copy within this time."""


class TurnFile(BaseModel):
    """A turn as a file holds it."""

    model_config = ConfigDict(frozen=True)

    request: Request
    events: tuple[GatewayEvent, ...]


class StoryFile(BaseModel):
    """A story as a file holds it."""

    model_config = ConfigDict(frozen=True)

    title: str
    turns: tuple[TurnFile, ...]


@dataclass(frozen=True, slots=True)
class ExampleStory:
    """A finished story. `pictures` are bytes and media type by SHA-256; `cover` is where the studio finds the first one."""

    name: str
    title: str
    turns: tuple[Turn, ...]
    pictures: Mapping[str, tuple[bytes, str]]

    @property
    def model(self) -> str:
        """Who told it."""
        return self.turns[0].request.model

    @property
    def cover(self) -> str:
        """The path of its first picture, below where this service is."""
        first = next(one.blob for turn in self.turns for one in turn.document.pictures if one.blob)
        return f"studio/{FOLDER}{self.name}/{first}.webp"


def named(name: str) -> ExampleStory:
    """The example of this name.

    Raises:
        NotFound: there is none.
    """
    if name not in ALL:
        raise NotFound(f"There is no example {name[:80]}.", code="example_not_found", param="example")
    return ALL[name]


def _read(pages: Mapping[str, Page]) -> dict[str, ExampleStory]:
    found = {path.split("/")[1] for path in pages if path.startswith(FOLDER)}
    return {name: _story(name, pages) for name in sorted(found)}


def _story(name: str, pages: Mapping[str, Page]) -> ExampleStory:
    folder = f"{FOLDER}{name}/"
    told = StoryFile.model_validate_json(pages[f"{folder}story.json"].data)
    pictures = {
        path.removeprefix(folder).partition(".")[0]: (page.data, page.media_type)
        for path, page in pages.items()
        if path.startswith(folder) and page.media_type.startswith("image/")
    }
    turns = tuple(Turn(turn.request, turn.events, {}) for turn in told.turns)
    return ExampleStory(name, told.title, turns, pictures)


ALL: Final = _read(load("static"))
"""By name."""
