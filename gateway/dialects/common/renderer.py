"""What each dialect's streams have in common: events are rendered one by one for one reader."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from contextlib import aclosing

from gateway.answer.document import Document, Picture, apply, belongs
from gateway.answer.errors import GatewayError
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.dialects.common.wire import WireEvent
from gateway.store.ledger import Numbered


class Renderer(ABC):
    """Renders one response, from its first event on, for one reader; `document` is what its events amount to so far."""

    def __init__(self, request: Request) -> None:
        self.document = Document()
        self._request = request

    def render(self, event: GatewayEvent) -> list[WireEvent]:
        """The wire events of one more event; none of one that cannot be the next."""
        if not belongs(self.document, event):
            return []
        self.document = apply(self.document, event)
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


async def render_all(renderer: Renderer, events: AsyncGenerator[Numbered]) -> AsyncGenerator[WireEvent]:
    """All wire events for one reader; `events`, of the response from the first one on, are closed at the end."""
    async with aclosing(events):
        async for _, event in events:
            for wire_event in renderer.render(event):
                yield wire_event
