"""What one answer in the making consists of, and where it began."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from gateway.answer.document import Document
from gateway.answer.events import GatewayEvent
from gateway.answer.pictures import Pictures
from gateway.answer.request import Request
from gateway.answer.stitching.inbox import Inbox
from gateway.answer.stitching.text import TextRuns
from gateway.answer.stitching.thoughts import ThoughtRuns
from planner_service.wire import PlanDone, PlanFailed
from visualizer_service.wire import Job, Reply

Clock = Callable[[], float]
"""Unix time in seconds."""
Tell = Callable[[GatewayEvent], None]
"""Takes the answer's next event."""


class Pool(Protocol):
    """Whoever draws."""

    @property
    def gateway_id(self) -> str:
        """Where replies to the jobs of this process's own answers go."""
        ...

    async def submit(self, job: Job) -> None:
        """Put a job in line."""
        ...

    async def cancel(self, response_id: str) -> None:
        """End all jobs of a response."""
        ...

    def route(
        self, response_id: str, replies_to: str | None = None
    ) -> AbstractContextManager[asyncio.Queue[Reply]]:
        """Where the replies to a response's jobs arrive, those that went to `replies_to` before included."""
        ...


@dataclass(slots=True)
class Start:
    """Where an answer begins: at its very beginning, or at what another process left of it.

    `replies_to` is where its jobs' replies go, if not to this process. `store_back` says that the store was away. Once `leaves_jobs` is
    set, closing the answer leaves its jobs to whoever goes on with it.
    """

    document: Document = field(default_factory=Document)
    replies_to: str | None = None
    store_back: asyncio.Event = field(default_factory=asyncio.Event)
    leaves_jobs: bool = False

    @property
    def is_begun(self) -> bool:
        """Whether the answer has events already."""
        return self.document.started_at is not None


@dataclass(slots=True)
class AnswerState:
    """What one answer consists of so far; `ending` is there once the plan is over.

    `changed` is set whenever something happened. `is_paused`: the planner waits to see a picture. `tell`, once it is there, takes words that
    have nothing before them to wait for.
    """

    request: Request
    text: TextRuns
    thoughts: ThoughtRuns
    pictures: Pictures
    pool: Pool
    clock: Clock
    start: Start
    inbox: Inbox = field(default_factory=Inbox)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    judging: set[asyncio.Task[None]] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_paused: bool = False
    ending: PlanDone | PlanFailed | None = None
    tell: Tell | None = None

    async def outcome(self, slot: int) -> str | None:
        """The blob of this slot's picture once it has its outcome; None if it did not come."""
        while not self.pictures.has_ended(slot):
            self.changed.clear()
            await self.changed.wait()
        return self.pictures.blob(slot)

    @property
    def unfinished(self) -> bool:
        """Whether anything more is to come before the last event."""
        return self.ending is None or self.pictures.waiting
