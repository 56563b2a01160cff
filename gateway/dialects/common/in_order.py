"""What can be sent of an answer in the planner's order, for dialects in which the order of events is the order of the answer.

Pictures finish in any order, so what follows a picture is held until that picture has its outcome.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.answer.document import Document, Picture, Thought
from gateway.answer.events import GatewayEvent, PictureDone


@dataclass(frozen=True, slots=True)
class TextPiece:
    """More text of an item, or of thoughts; `opens` it, `closes` it, or both."""

    item: int
    text: str
    opens: bool
    closes: bool
    is_thought: bool = False


class InOrder:
    """How far an answer has been sent to one reader."""

    def __init__(self) -> None:
        self._item, self._written, self._opened = 0, 0, False

    def more(self, document: Document) -> list[TextPiece | Picture]:
        """What can be sent now and has not been; pictures have their outcome."""
        pieces: list[TextPiece | Picture] = []
        for item in document.items[self._item :]:
            if isinstance(item, Picture):
                if not item.ended:
                    break
                pieces.append(item)
            else:
                if item.text[self._written :] or item.done:
                    more, is_thought = item.text[self._written :], isinstance(item, Thought)
                    pieces.append(TextPiece(item.item, more, not self._opened, item.done, is_thought))
                    self._written, self._opened = len(item.text), True
                if not item.done:
                    break
            self._item, self._written, self._opened = item.item + 1, 0, False
        return pieces


def published_at(piece: TextPiece | Picture, event: GatewayEvent) -> float | None:
    """When a worker published the picture that this event lets be sent; None of texts, and of a picture that was held."""
    return event.timings.done_at if isinstance(event, PictureDone) and event.item == piece.item else None
