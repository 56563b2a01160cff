"""What each dialect's streams have in common: events are rendered one by one for one reader.

Most events are tokens. They are folded into the document once somebody asks for it, and a dialect that can tell one without the document does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from gateway.answer.document import Document, Picture, Text, Thought
from gateway.answer.errors import GatewayError
from gateway.answer.events import DELTAS, GatewayEvent, TextDelta, ThoughtDelta
from gateway.answer.folding import belongs, fold
from gateway.answer.request import Request
from gateway.dialects.common.wire import WireEvent

MOST_TOGETHER: Final = 32
"""A reader who comes late is not rendered a long answer faster than it can be written."""


class Renderer(ABC):
    """Renders one response, from its first event on, for one reader."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._document = Document()
        self._unfolded: list[GatewayEvent] = []
        self._open: tuple[type[GatewayEvent], int] | None = None

    @property
    def document(self) -> Document:
        """What the events amount to so far."""
        if self._unfolded:
            self._document, self._unfolded = fold(self._unfolded, self._document), []
        return self._document

    def render(self, event: GatewayEvent) -> list[WireEvent]:
        """The wire events of one more event; none of one that cannot be the next."""
        if isinstance(event, DELTAS) and self._open == (type(event), event.item):
            self._unfolded.append(event)
            return self._more(event)
        if not belongs(self.document, event):
            return []
        self._unfolded.append(event)
        self._open = _opened(self.document)
        return self._rendered(event)

    def _more(self, event: TextDelta | ThoughtDelta) -> list[WireEvent]:
        """As `render`, of more of the run that is open; the document is best left alone."""
        return self._rendered(event)

    @abstractmethod
    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early."""

    @abstractmethod
    def _rendered(self, event: GatewayEvent) -> list[WireEvent]:
        """As `render`; the event is part of `document` already."""

    def _picture(self, item: int) -> Picture:
        picture = self.document.items[item]
        assert isinstance(picture, Picture)
        return picture


def _opened(document: Document) -> tuple[type[GatewayEvent], int] | None:
    """What goes on with the last item, if that can grow."""
    match document.items[-1:]:
        case (Text(done=False, item=item),):
            return TextDelta, item
        case (Thought(done=False, item=item),):
            return ThoughtDelta, item
    return None


async def render_all(
    renderer: Renderer, batches: AsyncGenerator[list[GatewayEvent]]
) -> AsyncGenerator[list[WireEvent]]:
    """All wire events for one reader, a few at a time; `batches`, of the response's events from the first one on, are closed at the end."""
    async with aclosing(batches):
        async for batch in batches:
            wire_events: list[WireEvent] = []
            for event in batch:
                wire_events += renderer.render(event)
                if len(wire_events) >= MOST_TOGETHER:
                    yield wire_events
                    wire_events = []
            if wire_events:
                yield wire_events
