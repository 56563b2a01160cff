"""Taking jobs from the queue while the engine has room, and making them ready to be drawn."""

from __future__ import annotations

import asyncio
import logging
import time
from functools import partial

from visualizer_service import metrics
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.engine.seam import Engine
from visualizer_service.queue.connection import RECONNECT_S, STORE_ERRORS
from visualizer_service.queue.consumer import Claim, Consumer
from visualizer_service.wire import Cancelled, Failed
from visualizer_service.worker.ending import Endings
from visualizer_service.worker.held import UNFINISHED, HeldJob, HeldJobs, Stage, wait_at_most
from visualizer_service.worker.preparing import prepare

_LOOK_EVERY_S = 0.05
_RECOVER_EVERY_S = 0.5

log = logging.getLogger(__name__)


class Claims:
    """Fills `held_jobs`. A job tried `most_attempts` times already goes to the dead letters instead of being drawn."""

    def __init__(
        self,
        held_jobs: HeldJobs,
        consumer: Consumer,
        blobs: Blobs,
        endings: Endings,
        most_attempts: int,
        engine: Engine,
    ) -> None:
        self._held_jobs = held_jobs
        self._consumer = consumer
        self._blobs = blobs
        self._endings = endings
        self._most_attempts = most_attempts
        self._engine = engine
        self._recovered_at = 0.0

    async def run(self, leave: asyncio.Event) -> None:
        """Claim until `leave` is set."""
        is_open = False
        while not leave.is_set():
            self._held_jobs.to_claim.clear()
            try:
                if not is_open:
                    await self._consumer.open()
                    is_open = True
                for claim in await self._some():
                    self._take(claim)
            except STORE_ERRORS:
                log.warning("can't claim jobs, trying again", exc_info=True)
                await asyncio.sleep(RECONNECT_S)
            await self._until_it_pays()

    async def _some(self) -> list[Claim]:
        """A job if there is room for one more; when nothing is being drawn, wait a moment for it.

        One at a time: the next one's share is known only when the last is ready, and workers that look at the same time share what waits.
        """
        if not self._held_jobs.may_claim():
            return []
        if time.monotonic() - self._recovered_at > _RECOVER_EVERY_S:
            self._recovered_at = time.monotonic()
            claims = await self._consumer.recover(1, [held.claim for held in self._held_jobs.all()])
            if claims:
                return claims
        return await self._consumer.claim(1, wait=not self._held_jobs.all(*UNFINISHED))

    async def _until_it_pays(self) -> None:
        """Look only now and then while busy, so that an idle worker, who waits at the queue, gets a new job first."""
        if self._held_jobs.all(*UNFINISHED) or not self._held_jobs.may_claim():
            await wait_at_most(self._held_jobs.to_claim, _LOOK_EVERY_S)

    def _take(self, claim: Claim) -> None:
        now = time.time()
        metrics.ATTEMPTS.labels(claim.attempt).inc()
        metrics.QUEUE_WAIT.observe(max(now - claim.job.queued_at, 0))
        held = self._held_jobs.take(claim, now)
        self._endings.start(held, partial(self._prepare, held))

    async def _prepare(self, held: HeldJob) -> None:
        claim, end = held.claim, self._endings.end
        if claim.attempt > self._most_attempts:
            return await end(held, Failed(code="poisoned"), dead_reason="poisoned")
        if claim.job.deadline <= held.claimed_at:
            return await end(held, Failed(code="deadline"))
        with metrics.timed("fetch"):
            is_cancelled, task = await asyncio.gather(
                self._consumer.cancelled(claim),
                prepare(claim.id, claim.job, self._blobs, self._engine.limits),
            )
        if is_cancelled:
            return await end(held, Cancelled())
        if isinstance(task, Failed):
            return await end(held, task)
        held.task = task
        if not held.goes_alone:
            held.share = self._engine.share(task.width_px, task.height_px, task.references)
        held.stage = Stage.READY
        held.trace.enter("wait")
        self._held_jobs.to_draw.set()
        self._held_jobs.to_claim.set()
        return None
