"""What happens to one answer in the making, one thing after the other: the planner, the pool and deadlines all come here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from gateway.answer.events import Draft
from planner_service.wire import PlanEvent
from visualizer_service.wire import Reply


@dataclass(frozen=True, slots=True)
class Overdue:
    """This job should have ended by now."""

    slot: int
    job: str


@dataclass(frozen=True, slots=True)
class StoreBack:
    """The store was away, and may have forgotten jobs."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The picture of this slot was judged."""

    slot: int
    draft: Draft
    better_description: str | None


Message = PlanEvent | Reply | Overdue | StoreBack | Judged | Exception


class Inbox:
    """Messages in the order in which they came, for one who takes them."""

    def __init__(self) -> None:
        self._messages = asyncio.Queue[Message]()
        self._is_awaited = False

    @property
    def is_awaited(self) -> bool:
        """Whether all that came was taken and seen to, and the next one is waited for."""
        return self._is_awaited and self._messages.empty()

    def put(self, message: Message) -> None:
        """Add one."""
        self._messages.put_nowait(message)

    async def get(self) -> Message:
        """The next one."""
        self._is_awaited = True
        try:
            return await self._messages.get()
        finally:
            self._is_awaited = False
