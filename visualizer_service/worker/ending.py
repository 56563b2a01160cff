"""How a job ends, and what is published of it before: events written, leases renewed, losses and cancellations noticed.

Reports and endings never overlap, so that a job's events arrive in order. It knows nothing of the engine.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from functools import partial

from telemetry.logs import begin
from visualizer_service import metrics
from visualizer_service.queue.connection import RECONNECT_S, STORE_ERRORS
from visualizer_service.queue.consumer import Consumer
from visualizer_service.wire import Cancelled, Done, Failed, JobEvent
from visualizer_service.worker.held import HeldJob, HeldJobs, Stage, wait_at_most

_REPORT_EVERY_S = 0.05
Work = Callable[[], Awaitable[None]]

log = logging.getLogger(__name__)


class Endings:
    """Publishes for all claims in `held_jobs`; `tasks` runs what is done for single claims outside the engine."""

    def __init__(
        self, held_jobs: HeldJobs, consumer: Consumer, tasks: asyncio.TaskGroup, renew_s: float
    ) -> None:
        self._held_jobs = held_jobs
        self._consumer = consumer
        self._tasks = tasks
        self._renew_s = renew_s
        self._renewed_at = 0.0
        self._publishing = asyncio.Lock()

    async def run(self) -> None:
        """Report for ever, more often than any step is worth waiting for."""
        while True:
            # Not at once: a job just claimed has no events, and asking after it would hold up its start.
            await self._held_jobs.filled.wait()
            await wait_at_most(self._held_jobs.to_report, _REPORT_EVERY_S)
            self._held_jobs.to_report.clear()
            try:
                async with self._publishing:
                    await self._report()
            except STORE_ERRORS:
                log.warning("can't report, trying again", exc_info=True)
                await asyncio.sleep(RECONNECT_S)

    def start(self, held: HeldJob, work: Work) -> None:
        """Do something for a claim, whose failure costs one attempt at one job and no more.

        It is called when it is its turn, which does not come if the worker ends before.
        """
        held.work = self._tasks.create_task(self._guarded(held, work))

    def cut(self, held: HeldJob, last: JobEvent) -> None:
        """Stop whatever is being done for a claim and end it so."""
        self._held_jobs.stop(held)
        self.start(held, partial(self.end, held, last))

    async def end(self, held: HeldJob, last: JobEvent, dead_reason: str = "") -> None:
        """Settle a claim with its last event, after whatever events of it are left."""
        held.stage = Stage.ENDING
        if isinstance(last, Done | Failed | Cancelled):
            last = last.model_copy(update={"gpu_s": round(held.gpu_s, 4)})
        async with self._publishing:
            settled = await self._consumer.settle(held.claim, [*held.take_unpublished(), last], dead_reason)
        outcome = last.code if isinstance(last, Failed) else last.type
        if settled:
            metrics.JOBS.labels(outcome).inc()
        else:
            metrics.LEASE_LOSSES.inc()
        held.trace.end(None if outcome in ("done", "cancelled") and settled else outcome)
        log.info("job ended", extra={"outcome": outcome, "settled": settled})
        self._held_jobs.let_go(held)

    async def _report(self) -> None:
        """Write the events of all claims in one go, and act on what has become of the claims."""
        everyone = self._held_jobs.all()
        if not everyone:
            return
        is_due = time.monotonic() - self._renewed_at >= self._renew_s
        updates = [(held.claim, held.take_unpublished()) for held in everyone]
        states = await self._consumer.report(updates, renew=is_due)
        if is_due:
            self._renewed_at = time.monotonic()
        for held, state in zip(everyone, states, strict=True):
            if self._held_jobs.find(held.claim.id) is held:
                self._act(held, state)

    def _act(self, held: HeldJob, state: str) -> None:
        if state == "lost":
            log.warning("another worker took the job over", extra={"job": held.claim.job.id})
            metrics.LEASE_LOSSES.inc()
            self._held_jobs.stop(held)
            self._held_jobs.let_go(held)
        elif state == "cancelled" and held.stage is not Stage.ENDING:
            self.cut(held, Cancelled())

    async def _guarded(self, held: HeldJob, work: Work) -> None:
        job = held.claim.job
        begin(job=job.id, response=job.response, tenant=job.tenant, attempt=str(held.claim.attempt))
        try:
            try:
                await work()
            except STORE_ERRORS:
                raise
            except Exception:
                log.exception("a job failed", extra={"job": held.claim.job.id})
                await self.end(held, Failed(code="internal"))
        except STORE_ERRORS:
            log.warning(
                "can't go on with a job, letting it go", exc_info=True, extra={"job": held.claim.job.id}
            )
            self._held_jobs.let_go(held)
