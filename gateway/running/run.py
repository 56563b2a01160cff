"""One response under way in this process: its tasks, and the events on their way from whoever makes them to whoever writes them down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from gateway.answer.events import GatewayEvent, ResponseCancelled, ResponseFailed
from gateway.answer.request import Request

log = logging.getLogger(__name__)

Stream = AsyncGenerator[GatewayEvent]


@dataclass(slots=True)
class Run:
    """A response that this process answers. `stopped` is the last event of one that was stopped, `unread` counts beats."""

    request: Request
    events: asyncio.Queue[GatewayEvent | None] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None
    producer: asyncio.Task[None] | None = None
    stopped: ResponseFailed | ResponseCancelled | None = None
    unread: int = 0

    def stop(self, last: ResponseFailed | ResponseCancelled) -> None:
        """Make nothing more of this response; only the first reason counts."""
        if self.stopped is None and self.producer is not None and not self.producer.done():
            self.stopped = last
            self.producer.cancel()


async def produce(stream: Stream, run: Run) -> None:
    """Queue what a stream yields. Where it breaks, that is logged and what is queued stands: the conductor writes the end."""
    try:
        async for event in stream:
            run.events.put_nowait(event)
    except Exception:
        log.exception("stitch failed", extra={"response": run.request.id})


async def batches(events: asyncio.Queue[GatewayEvent | None]) -> AsyncGenerator[list[GatewayEvent]]:
    """What is there at once is one batch; None, the last thing in, ends them."""
    ended = False
    while not ended:
        waiting = [await events.get()]
        while not events.empty():
            waiting.append(events.get_nowait())
        ended = waiting[-1] is None
        if batch := [event for event in waiting if event is not None]:
            yield batch
