"""What a document of the corpus is: a chat whose last turn is the answer, the bounds of that answer, and what its request wishes for.

The training sees the turns with the bounds in a line; the tests and the evaluation compare answers with bounds and wish.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, Literal

from planner_service.language.bounds import Language
from planner_service.language.brief import brief
from training.planner.language import slots
from training.world import SIZES

Role = Literal["user", "assistant"]
Task = Literal["text", "picture", "edit", "interleaved"]


NOT_TOLD: Final = "none"
"""The value of an attribute that a description leaves out, as it does for a garment that is not worn."""

MOST_PICTURES: Final = 8
SIZE_NAMES: Final = tuple(f"{width}x{height}" for width, height in SIZES)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a chat."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the service allows an answer: least and most pictures, text or none, sizes or none."""

    least: int = 0
    most: int = MOST_PICTURES
    has_text: bool = True
    has_sizes: bool = True

    @property
    def is_free(self) -> bool:
        """Whether the count is for the planner to decide, as where a request sets no bounds."""
        return (self.least, self.most, self.has_text) == (0, MOST_PICTURES, True)


FREE: Final = Bounds()
_UNSIZED: Final = re.compile(r'(<imagine id="\w+"(?: refs="[^"]*")?)>')


@dataclass(frozen=True, slots=True)
class Wish:
    """What the last request of a document names, so that any answer to it can be judged.

    Attributes:
        count: how many pictures are asked for, by the bounds where they say it, else by the words; None where neither does.
        told: attributes that the request names and every picture must show: animal, garment, colour; for an edit, what it changes.
        place: a place that the request names and at least one picture must show.
        scene: for an edit, every attribute of the picture afterwards.
        shown_by: ids of the images, older than the answer, that show the character; an edit's only one is its source.
        is_strange: the user's image is outside the world, and the answer must say so.
        goes_on: the request is to go on with what was told or shown.
    """

    task: Task
    count: int | None = None
    told: tuple[tuple[str, str], ...] = ()
    place: str | None = None
    scene: tuple[tuple[str, str], ...] = ()
    shown_by: tuple[str, ...] = ()
    is_strange: bool = False
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Document:
    """A chat that ends with an answer."""

    turns: tuple[Turn, ...]
    wish: Wish
    bounds: Bounds = FREE

    @property
    def language(self) -> Language:
        """The language of the answer: its bounds, and the pictures there are before it."""
        given = sum(turn.text.count("[image in") for turn in self.turns if turn.role == "user")
        drawn = [slot.id for turn in self.turns[:-1] if turn.role == "assistant" for slot in slots(turn.text)]
        return Language(
            self.bounds.least,
            self.bounds.most,
            has_text=self.bounds.has_text,
            known=(*(f"in{number + 1}" for number in range(given)), *drawn),
            drawn_before=max((int(name.removeprefix("img")) for name in drawn), default=0),
            sizes=SIZE_NAMES if self.bounds.has_sizes else (),
        )

    @property
    def told(self) -> tuple[Turn, ...]:
        """The turns as the planner reads them: the last request ends with the line that tells the bounds."""
        *before, request, answer = self.turns
        return (*before, replace(request, text=f"{request.text}\n{brief(self.language)}"), answer)

    @property
    def messages(self) -> list[dict[str, str]]:
        """The whole chat as the planner reads it, in the form of `apply_chat_template`."""
        return [{"role": turn.role, "content": turn.text} for turn in self.told]

    @property
    def prompt(self) -> list[dict[str, str]]:
        """The chat up to the answer."""
        return self.messages[:-1]

    @property
    def answer(self) -> str:
        """The text of the last turn."""
        return self.turns[-1].text

    @property
    def as_served(self) -> Document:
        """The same chat with the size told of every earlier picture, as the service tells it where sizes may be written."""
        square = f'size="{SIZE_NAMES[0]}"'
        turns = (
            replace(turn, text=_UNSIZED.sub(rf"\1 {square}>", turn.text))
            if turn.role == "assistant"
            else turn
            for turn in self.turns[:-1]
        )
        return replace(self, turns=(*turns, self.turns[-1])) if self.bounds.has_sizes else self

    def answering(self, answer: str, bounds: Bounds) -> Document:
        """The same chat with another answer within other bounds."""
        return replace(self, turns=(*self.turns[:-1], Turn("assistant", answer)), bounds=bounds)

    def without_sizes(self) -> Document:
        """The same chat where no sizes may be written."""
        turns = tuple(replace(turn, text=re.sub(r' size="\w+"', "", turn.text)) for turn in self.turns)
        return replace(self, turns=turns, bounds=replace(self.bounds, has_sizes=False))

    def later(self, pictures: int) -> Document:
        """The same chat after so many pictures that are not in it any more: ids count on from there."""

        def moved(text: str) -> str:
            return re.sub(r"\bimg(\d+)", lambda found: f"img{int(found[1]) + pictures}", text)

        turns = tuple(replace(turn, text=moved(turn.text)) for turn in self.turns)
        wish = replace(self.wish, shown_by=tuple(map(moved, self.wish.shown_by)))
        return replace(self, turns=turns, wish=wish)


def chat(*texts: str) -> tuple[Turn, ...]:
    """Turns of alternating speakers, the user first."""
    return tuple(Turn("assistant" if index % 2 else "user", text) for index, text in enumerate(texts))
