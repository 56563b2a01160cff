"""The jobs that this worker holds, each with how far it has come; the worker's loops meet here.

It knows nothing of Redis and nothing of the engine.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import takewhile

from visualizer_service import metrics
from visualizer_service.engine.seam import Task
from visualizer_service.queue.consumer import Claim
from visualizer_service.wire import JobEvent, Progress
from visualizer_service.worker.attempt_trace import AttemptTrace


class Stage(Enum):
    """Where a claim is on its way through the worker; it only ever moves on."""

    PREPARING = auto()
    READY = auto()
    DRAWING = auto()
    ENDING = auto()


_ROUNDING = 1e-6
UNFINISHED = (Stage.PREPARING, Stage.READY, Stage.DRAWING)


@dataclass(slots=True, eq=False)
class HeldJob:
    """A claimed job and what has come of it.

    `unpublished` are its events still to be published; `work` is what is being done for it outside the engine. `task` and `share` are set
    from `READY` on, `started_at` and `steps_left` from `DRAWING` on. `share` is the part of the engine that it takes, in (0, 1]: all of
    it as long as that is not known. `gpu_s` is what it took of the device so far, in seconds.
    """

    claim: Claim
    claimed_at: float
    trace: AttemptTrace
    stage: Stage = Stage.PREPARING
    task: Task | None = None
    share: float = 1.0
    started_at: float = 0.0
    steps_left: int = 0
    gpu_s: float = 0.0
    unpublished: list[JobEvent] = field(default_factory=list)
    work: asyncio.Task[None] | None = None

    @property
    def goes_alone(self) -> bool:
        """Whether an earlier attempt failed, so that this one may end the worker and must not take others along."""
        return self.claim.attempt > 1

    def add(self, event: JobEvent) -> None:
        """Publish later; of several steps only the last."""
        if isinstance(event, Progress):
            self.unpublished = [old for old in self.unpublished if not isinstance(old, Progress)]
        self.unpublished.append(event)

    def take_unpublished(self) -> list[JobEvent]:
        """The events not published so far, which the caller now must publish."""
        events, self.unpublished = self.unpublished, []
        return events


class HeldJobs:
    """The jobs that this worker holds, by the id of their claim.

    `room` is what the engine could take in as things stand; `drops` are tasks that it has yet to forget. `usual_share` is the part of the
    engine that a picture of the default size takes. The events say that somebody
    has something to do: `to_claim`, `to_draw`, `to_report`. `emptied` is set while nothing is held, `filled` while something is.
    """

    def __init__(self, room: int, usual_share: float = 1.0) -> None:
        self._by_id: dict[str, HeldJob] = {}
        self._usual_share = usual_share
        self.room = room
        self.drops: list[str] = []
        self.to_claim = asyncio.Event()
        self.to_draw = asyncio.Event()
        self.to_report = asyncio.Event()
        self.filled = asyncio.Event()
        self.emptied = asyncio.Event()
        self.emptied.set()

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self, *stages: Stage) -> list[HeldJob]:
        """The claims at any of these stages, oldest first; without stages, all."""
        return [held for held in self._by_id.values() if not stages or held.stage in stages]

    def may_claim(self) -> bool:
        """Whether one more job may be claimed: what is held leaves the engine room to draw it side by side.

        A job in its last step counts as gone, so that the next one is ready when it is. More is left to other workers.
        """
        drawing = self.all(Stage.DRAWING)
        staying = self.all(Stage.PREPARING, Stage.READY) + [held for held in drawing if held.steps_left > 1]
        places = self.room + sum(held.steps_left == 1 for held in drawing)
        return (
            places > len(self.all(Stage.PREPARING, Stage.READY))
            and sum(held.share for held in staying) < 1 - _ROUNDING
        )

    def beginners(self) -> list[HeldJob]:
        """The jobs that the engine is to take in now, oldest first; one that goes alone waits until nothing is drawn, and is then alone."""
        drawing, ready = self.all(Stage.DRAWING), self.all(Stage.READY)
        if any(held.goes_alone for held in drawing):
            return []
        company = list(takewhile(lambda held: not held.goes_alone, ready))
        if ready and not company and not drawing:
            return ready[:1]
        return company[: self.room]

    def slots(self) -> int:
        """How many jobs like those that are held can be drawn side by side; where none is, jobs of the default size."""
        shares = [held.share for held in self.all(Stage.READY, Stage.DRAWING)] or [self._usual_share]
        return max(1, round(len(shares) / sum(shares)))

    def find(self, claim_id: str) -> HeldJob | None:
        """A claim that is still held."""
        return self._by_id.get(claim_id)

    def take(self, claim: Claim, now: float) -> HeldJob:
        """Start to hold a claim."""
        held = self._by_id[claim.id] = HeldJob(claim, now, AttemptTrace(claim, now))
        metrics.CLAIMED.set(len(self._by_id))
        self.emptied.clear()
        self.filled.set()
        return held

    def stop(self, held: HeldJob) -> None:
        """End whatever is being done for a claim; the engine forgets it at its next tick."""
        if held.work is not None:
            held.work.cancel()
        if held.stage is Stage.DRAWING:
            self.drops.append(held.claim.id)
            self.to_draw.set()
        held.stage = Stage.ENDING

    def let_go(self, held: HeldJob) -> None:
        """Hold a claim no more; nothing happens if it was let go before."""
        self._by_id.pop(held.claim.id, None)
        held.trace.end("given up")
        metrics.CLAIMED.set(len(self._by_id))
        if not self._by_id:
            self.filled.clear()
            self.emptied.set()


async def wait_at_most(event: asyncio.Event, most_s: float) -> None:
    """Wait until an event is set, or as long as that."""
    try:
        async with asyncio.timeout(most_s):
            await event.wait()
    except TimeoutError:
        return
