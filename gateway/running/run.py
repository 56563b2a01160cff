"""One response under way in this process: its tasks, and the events on their way from whoever makes them to whoever writes them down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from gateway.answer.events import GatewayEvent, ResponseCancelled, ResponseFailed
from gateway.answer.request import Request
from gateway.answer.stitching.state import Start
from gateway.store.ledger import Standing

log = logging.getLogger(__name__)

Stream = AsyncGenerator[GatewayEvent]


@dataclass(slots=True)
class Run:
    """A response that this process answers.

    `written` is all that there is of it, for a store that forgets. `stopped` is the last event of one that was stopped; one that
    `leaves` goes on elsewhere. `unread` counts beats.
    """

    request: Request
    standing: Standing
    start: Start
    written: list[GatewayEvent] = field(default_factory=list)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    events: asyncio.Queue[GatewayEvent | None] = field(default_factory=asyncio.Queue)
    task: asyncio.Task[None] | None = None
    producer: asyncio.Task[None] | None = None
    stopped: ResponseFailed | ResponseCancelled | None = None
    leaves: bool = False
    unread: int = 0

    @property
    def is_stoppable(self) -> bool:
        """Whether it is being made, and nobody has stopped it."""
        is_made = self.producer is not None and not self.producer.done()
        return is_made and self.stopped is None and not self.leaves

    def stop(self, last: ResponseFailed | ResponseCancelled) -> None:
        """Make nothing more of this response; only the first reason counts."""
        if self.is_stoppable and self.producer is not None:
            self.stopped = last
            self.producer.cancel()

    def leave(self) -> None:
        """Make nothing more of it here: what there is will be written down, its jobs are drawn on, and somebody else goes on."""
        if self.is_stoppable and self.producer is not None:
            self.leaves = self.start.leaves_jobs = True
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
