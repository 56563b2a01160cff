"""One response under way in this process: its tasks, and how it is written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from gateway.answer.events import GatewayEvent, ResponseCancelled, ResponseFailed
from gateway.answer.request import Request
from gateway.answer.stitching.state import Start
from gateway.running.recording import Recording
from gateway.store.values import Standing

log = logging.getLogger(__name__)

Stream = AsyncGenerator[GatewayEvent]


@dataclass(slots=True)
class Run:
    """A response that this process answers.

    `stopped` is the last event of one that was stopped; one that `leaves` goes on elsewhere. `unread` counts beats.
    """

    request: Request
    standing: Standing
    start: Start
    recording: Recording
    task: asyncio.Task[None] | None = None
    producer: asyncio.Task[None] | None = None
    stopped: ResponseFailed | ResponseCancelled | None = None
    leaves: bool = False
    unread: int = 0

    @property
    def last(self) -> GatewayEvent | None:
        """Its last event so far."""
        return self.recording.written[-1] if self.recording.written else None

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
    """Write down what a stream yields. Where it breaks, that is logged and what came before stands: the conductor writes the end."""
    try:
        async for event in stream:
            run.recording.add(event)
    except Exception:
        log.exception("stitch failed", extra={"response": run.request.id})
