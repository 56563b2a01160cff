"""What a document of the corpus is: a chat whose last turn is the answer, and what its request wishes for.

The training sees the turns alone; the tests and the evaluation compare answers with the wish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["user", "assistant"]
Task = Literal["text", "picture", "edit", "interleaved"]


NOT_TOLD: Final = "none"
"""The value of an attribute that a description leaves out, as it does for a garment that is not worn."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a chat, as the planner reads it."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What the last request of a document names, so that any answer to it can be judged.

    Attributes:
        count: how many pictures are asked for; None where the request does not say.
        told: attributes that the request names and every picture must show: animal, garment, colour; for an edit, what it changes.
        place: a place that the request names and at least one picture must show.
        scene: for an edit, every attribute of the picture afterwards.
        shown_by: ids of the images, older than the answer, that show the character; an edit's only one is its source.
    """

    task: Task
    count: int | None = None
    told: tuple[tuple[str, str], ...] = ()
    place: str | None = None
    scene: tuple[tuple[str, str], ...] = ()
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A chat that ends with an answer."""

    turns: tuple[Turn, ...]
    wish: Wish

    @property
    def prompt(self) -> list[dict[str, str]]:
        """The chat up to the answer, in the form of `apply_chat_template`."""
        return self.messages[:-1]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The whole chat, in the form of `apply_chat_template`."""
        return [{"role": turn.role, "content": turn.text} for turn in self.turns]

    @property
    def answer(self) -> str:
        """The text of the last turn."""
        return self.turns[-1].text


def chat(*texts: str) -> tuple[Turn, ...]:
    """Turns of alternating speakers, the user first."""
    return tuple(Turn("assistant" if index % 2 else "user", text) for index, text in enumerate(texts))
