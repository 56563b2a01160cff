"""What each dialect's streams have in common: events are rendered one by one for one reader."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Protocol

from gateway.answer.errors import GatewayError
from gateway.answer.events import GatewayEvent
from gateway.dialects.common.wire import WireEvent
from gateway.store.ledger import Numbered


class Rendering(Protocol):
    """Renders one response, from its first event on, for one reader."""

    def render(self, event: GatewayEvent) -> list[WireEvent]:
        """What the client is told of one more event."""
        ...

    def last_words(self, error: GatewayError) -> WireEvent:
        """Why the stream ends early."""
        ...


async def rendered(rendering: Rendering, events: AsyncGenerator[Numbered]) -> AsyncGenerator[WireEvent]:
    """All that a reader is told; `events`, of the response from the first one on, are closed at the end."""
    async with aclosing(events):
        async for _, event in events:
            for told in rendering.render(event):
                yield told
