"""A conversation as the planner reads it: turns with every image named, `in1` … as sent and `img1` … as drawn.

Names count through the whole conversation, so that a later turn can speak of any earlier picture. It knows nothing of any dialect,
nor of where images are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from gateway.answer.document import Document, Item, Picture, Text
from gateway.answer.request import KnownPicture, Request
from gateway.answer.sizes import size_name
from planner_service.wire import Figure, ImagePart, Message, Part, PicturePart, Role, TextPart

# How an earlier picture is spoken of where only its bytes were sent back.
UNDESCRIBED = "A picture."


@dataclass(frozen=True, slots=True)
class Sent:
    """An image that the user sends."""

    blob: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture of an earlier answer that the client sends back."""

    blob: str
    description: str


class Conversation:
    """Names images as turns are added. It begins empty, or where an earlier response left off, with the `cast` and `style` of that."""

    def __init__(
        self, messages: Sequence[Message] = (), pictures: Sequence[KnownPicture] = (), drawn: int = 0
    ) -> None:
        self.messages = list(messages)
        self.pictures = list(pictures)
        self.drawn = drawn
        self.cast: tuple[Figure, ...] = ()
        self.style: str | None = None
        self._sent = sum(picture.id.startswith("in") for picture in pictures)

    @classmethod
    def after(cls, request: Request, answer: Document) -> Self:
        """Go on after an answer. Its request's instructions are left behind; pictures that failed are not spoken of again."""
        spoken = request.messages if request.instructions is None else request.messages[1:]
        drawn = request.drawn_before + len(answer.pictures)
        shown = [_known(picture) for picture in answer.pictures if picture.blob]
        conversation = cls(spoken, [*request.pictures, *shown], drawn)
        conversation.cast = request.cast if answer.cast is None else answer.cast
        conversation.style = request.style if answer.cast is None else answer.style
        conversation._add_turn(
            "assistant", [part for item in answer.items if (part := _as_part(item, request))]
        )
        return conversation

    def instruct(self, text: str) -> None:
        """Put what the system says before everything else."""
        self.messages.insert(0, Message(role="system", content=(TextPart(text=text),)))

    def add(self, role: Role, said: Iterable[str | Sent | Drawn]) -> None:
        """Add a turn, its parts in order; what the assistant says in several turns running is one answer. Empty texts say nothing."""
        self._add_turn(role, [self._named(part) for part in said if part != ""])

    def _add_turn(self, role: Role, parts: list[Part]) -> None:
        if role == "assistant" and self.messages and self.messages[-1].role == role:
            parts = [*self.messages.pop().content, *parts]
        if parts:
            self.messages.append(Message(role=role, content=tuple(parts)))

    def _named(self, part: str | Sent | Drawn) -> Part:
        match part:
            case str():
                return TextPart(text=part)
            case Sent(blob, description):
                self._sent += 1
                self.pictures.append(KnownPicture(f"in{self._sent}", blob, description))
                return ImagePart(id=self.pictures[-1].id, description=description)
            case Drawn(blob, description):
                self.drawn += 1
                self.pictures.append(KnownPicture(f"img{self.drawn}", blob, description))
                return PicturePart(id=self.pictures[-1].id, description=description)


def _known(picture: Picture) -> KnownPicture:
    assert picture.blob is not None
    return KnownPicture(picture.id, picture.blob, picture.description)


def _as_part(item: Item, request: Request) -> Part | None:
    """An item as the planner wrote it, so that the whole answer reads as its own."""
    match item:
        case Text(text=text):
            return TextPart(text=text)
        case Picture(
            blob=str(), description=str(description), width_px=int(width_px), height_px=int(height_px)
        ):
            return PicturePart(
                id=item.id,
                description=description,
                references=tuple(used.id for used in item.references if used.chosen_by == "planner"),
                size=size_name(width_px, height_px) if request.sizes else None,
            )
    return None
