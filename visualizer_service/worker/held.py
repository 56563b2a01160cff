"""The claims that this worker holds, each with how far it has come; where the worker's loops meet.

It knows nothing of Redis and nothing of the engine.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto

from visualizer_service import metrics
from visualizer_service.engine.seam import Task
from visualizer_service.queue.consumer import Claim
from visualizer_service.wire import JobEvent, Progress


class Stage(Enum):
    """Where a claim is on its way through the worker; it only ever moves on."""

    PREPARING = auto()
    READY = auto()
    DRAWING = auto()
    ENDING = auto()


UNFINISHED = (Stage.PREPARING, Stage.READY, Stage.DRAWING)


@dataclass(slots=True, eq=False)
class Held:
    """A claim and what has come of it.

    `news` are events still to be published; `work` is what is being done for it beside the engine; `task` is set from `READY` on,
    `started_at` and `steps_left` from `DRAWING` on.
    """

    claim: Claim
    claimed_at: float
    stage: Stage = Stage.PREPARING
    task: Task | None = None
    started_at: float = 0.0
    steps_left: int = 0
    news: list[JobEvent] = field(default_factory=list)
    work: asyncio.Task[None] | None = None

    def add(self, event: JobEvent) -> None:
        """Publish later; of several steps only the last is news."""
        if isinstance(event, Progress):
            self.news = [old for old in self.news if not isinstance(old, Progress)]
        self.news.append(event)

    def take_news(self) -> list[JobEvent]:
        """The events not published so far, which the caller now must publish."""
        news, self.news = self.news, []
        return news


class Hand:
    """All claims held, by id.

    `room` is what the engine could take in as things stand; `drops` are tasks that it has yet to forget. The events say that somebody
    has something to do: `to_claim`, `to_draw`, `to_report`. `emptied` is set while nothing is held, `filled` while something is.
    """

    def __init__(self, room: int) -> None:
        self._held: dict[str, Held] = {}
        self.room = room
        self.drops: list[str] = []
        self.to_claim = asyncio.Event()
        self.to_draw = asyncio.Event()
        self.to_report = asyncio.Event()
        self.filled = asyncio.Event()
        self.emptied = asyncio.Event()
        self.emptied.set()

    def __len__(self) -> int:
        return len(self._held)

    def all(self, *stages: Stage) -> list[Held]:
        """The claims at any of these stages, oldest first; without stages, all."""
        return [held for held in self._held.values() if not stages or held.stage in stages]

    def free(self) -> int:
        """How many jobs may be claimed now: a row in its last step counts as free, so that the next job is ready when it is."""
        leaving = sum(held.steps_left <= 1 for held in self.all(Stage.DRAWING))
        return self.room + leaving - len(self.all(Stage.PREPARING, Stage.READY))

    def find(self, claim_id: str) -> Held | None:
        """A claim that is still held."""
        return self._held.get(claim_id)

    def take(self, claim: Claim, now: float) -> Held:
        """Start to hold a claim."""
        held = self._held[claim.id] = Held(claim, now)
        metrics.CLAIMED.set(len(self._held))
        self.emptied.clear()
        self.filled.set()
        return held

    def stop(self, held: Held) -> None:
        """End whatever is being done for a claim; the engine forgets it at its next tick."""
        if held.work is not None:
            held.work.cancel()
        if held.stage is Stage.DRAWING:
            self.drops.append(held.claim.id)
            self.to_draw.set()
        held.stage = Stage.ENDING

    def let_go(self, held: Held) -> None:
        """Hold a claim no more; nothing happens if it was let go before."""
        self._held.pop(held.claim.id, None)
        metrics.CLAIMED.set(len(self._held))
        if not self._held:
            self.filled.clear()
            self.emptied.set()


async def moment(event: asyncio.Event, most_s: float) -> None:
    """Wait until an event is set, or as long as that."""
    try:
        async with asyncio.timeout(most_s):
            await event.wait()
    except TimeoutError:
        return
