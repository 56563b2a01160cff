"""One worker: it claims jobs, has them drawn step by step, and ends each exactly once.

Four loops run side by side and meet in `HeldJobs`: `Claims` takes jobs while the engine has room; `Steps` ticks the engine and is
never held up by Redis; `Endings` publishes events, renews leases and notices losses and cancellations; the heartbeat says that this
worker is alive. A fifth loop gives memory back while nothing is drawn. A claim that an outage of Redis keeps from being ended is let go:
the queue hands it out again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Final

from pydantic import OnErrorOmit, TypeAdapter

from visualizer_service import metrics
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.errors import DeviceLost
from visualizer_service.queue.connection import STORE_ERRORS
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import MOST_HOLDS, BlobId, WorkerInfo
from visualizer_service.worker.cache_metrics import CacheMetrics
from visualizer_service.worker.claiming import Claims
from visualizer_service.worker.drawing import EngineThread
from visualizer_service.worker.ending import Endings
from visualizer_service.worker.held import HeldJobs, Stage, wait_at_most
from visualizer_service.worker.memory import give_back_free_memory
from visualizer_service.worker.stepping import Steps

BEAT_TTL_S = 10.0
_BEAT_EVERY_S = 2.0
_BEAT_PAUSE_S = 0.2
_HAND_BACK_S = 5.0
_BLOB_IDS: Final = TypeAdapter(tuple[OnErrorOmit[BlobId], ...])
"""Those of a number of names that are ids of blobs: an engine from outside may hold anything, and that is no reason to die."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What an operator may set of a worker."""

    pool: str
    renew_s: float
    most_attempts: int
    drain_grace_s: float


class Worker:
    """Serves one pool with one engine, which has been started. `beaten_at` is when its last heartbeat was written, monotonic."""

    def __init__(
        self,
        engine_thread: EngineThread,
        consumer: Consumer,
        blobs: Blobs,
        registry: Registry,
        options: WorkerOptions,
    ) -> None:
        self.beaten_at = 0.0
        self._engine = engine_thread.engine
        self._consumer = consumer
        self._registry = registry
        self._options = options
        self._held_jobs = HeldJobs(engine_thread.slots, engine_thread.usual_share)
        self._cache_metrics = CacheMetrics()
        self._tasks = asyncio.TaskGroup()
        self._endings = Endings(self._held_jobs, consumer, self._tasks, options.renew_s)
        self._claims = Claims(
            self._held_jobs, consumer, blobs, self._endings, options.most_attempts, self._engine
        )
        self._steps = Steps(self._held_jobs, engine_thread, blobs, self._endings, consumer.name)

    async def run(self, leave: asyncio.Event) -> None:
        """Work until `leave` is set, then finish what is held, or hand it back when the grace time is over.

        Raises:
            DeviceLost: inside an exception group; what was held has been handed back, what was being drawn as attempts that failed.
        """
        has_died = False
        try:
            async with self._tasks as tasks:
                claiming = tasks.create_task(self._claims.run(leave))
                sparing = give_back_free_memory(self._held_jobs)
                loops = [
                    tasks.create_task(run)
                    for run in (self._steps.run(), self._endings.run(), self._beat(leave), sparing)
                ]
                await leave.wait()
                await self._drain(claiming)
                for task in [*loops, *(held.work for held in self._held_jobs.all())]:
                    if task is not None:
                        task.cancel()
        except* DeviceLost:
            has_died = True
            raise
        finally:
            await self._hand_back(has_died)

    async def _drain(self, claiming: asyncio.Task[None]) -> None:
        self._held_jobs.to_claim.set()
        try:
            async with asyncio.timeout(self._options.drain_grace_s):
                await claiming
                await self._held_jobs.emptied.wait()
        except TimeoutError:
            log.warning("the grace time is over, handing jobs back", extra={"jobs": len(self._held_jobs)})

    async def _hand_back(self, has_died: bool) -> None:
        """Leave nothing behind that would have to wait for a lease to end. Of a dead engine, what was not being drawn is not to blame."""
        try:
            async with asyncio.timeout(_HAND_BACK_S):
                for held in self._held_jobs.all():
                    counts = has_died and held.stage is Stage.DRAWING
                    if await self._consumer.give_back(held.claim, counts):
                        metrics.GIVEN_BACK.inc()
                    self._held_jobs.let_go(held)
                await self._consumer.close()
                await self._registry.leave(self._consumer.name)
        except STORE_ERRORS:
            log.warning("can't hand jobs back, their leases will end", exc_info=True)

    async def _beat(self, leave: asyncio.Event) -> None:
        while True:
            is_leaving = leave.is_set()
            self._cache_metrics.look(self._engine.caches())
            try:
                is_to_leave = await self._registry.beat(self._info(is_leaving), BEAT_TTL_S)
                self.beaten_at = time.monotonic()
                if is_to_leave and not is_leaving:
                    log.info("an operator drains this worker")
                    leave.set()
            except STORE_ERRORS:
                log.warning("can't say that we live, trying again", exc_info=True)
            if is_leaving:
                await asyncio.sleep(_BEAT_EVERY_S)
            else:
                await self._until_next_beat(leave)

    async def _until_next_beat(self, leave: asyncio.Event) -> None:
        """Wait until there is something to say: what is held has changed, or time is up; but never beat without a pause."""
        reported = self._steps.holds
        for _ in range(round(_BEAT_EVERY_S / _BEAT_PAUSE_S)):
            await wait_at_most(leave, _BEAT_PAUSE_S)
            if leave.is_set() or self._steps.holds != reported:
                return

    def _info(self, is_leaving: bool) -> WorkerInfo:
        return WorkerInfo(
            id=self._consumer.name,
            pool=self._options.pool,
            model=self._engine.name,
            device=self._engine.device,
            simulated=self._engine.simulated,
            slots=self._held_jobs.slots(),
            active=len(self._held_jobs.all(Stage.DRAWING)),
            draining=is_leaving,
            holds=_BLOB_IDS.validate_python(self._steps.holds)[:MOST_HOLDS],
            picture_s=self._steps.pace.picture_s,
            takes_turns=True,
            limits=self._engine.limits,
        )
