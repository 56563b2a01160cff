"""Pictures that nothing holds any more are put in line, and again whenever the store may have forgotten them."""

from __future__ import annotations

import asyncio
import logging

from gateway.answer.errors import STORE_ERRORS
from gateway.answer.events import GatewayEvent
from gateway.answer.stitching.inbox import Overdue
from gateway.answer.stitching.state import AnswerState
from visualizer_service.client import QueueFull
from visualizer_service.wire import Job

log = logging.getLogger(__name__)

# After its deadline a job's own reply is given this long to arrive; it says more than the deadline alone.
GRACE_S = 2.0
SUBMIT_AGAIN_S = 0.5


async def submit(answer: AnswerState) -> list[GatewayEvent]:
    """Submit every job that nothing holds; one that cannot be submitted may release others, to be drawn without it."""
    events: list[GatewayEvent] = []
    while ready := answer.pictures.release(answer.clock()):
        for job, queued in ready:
            try:
                await _put_in_line(answer, job)
            except QueueFull as full:
                words = f"The picture could not be queued: {full.limit} wait in the pool already, and no more may."
                events += answer.pictures.fail(job.slot, "queue_unavailable", answer.clock(), words)
                continue
            except Exception:
                log.exception("job not submitted", extra={"response": job.response, "job": job.id})
                events += answer.pictures.fail(job.slot, "queue_unavailable", answer.clock())
                continue
            events += [queued, *answer.pictures.early_replies(job, answer.clock())]
            answer.timers.append(overdue_later(answer, job))
    return events


async def submit_again(answer: AnswerState) -> None:
    """Submit what the store may have forgotten; a job that it remembers stays as it is."""
    for job in answer.pictures.submitted_jobs():
        try:
            await answer.pool.submit(job)
        except (QueueFull, *STORE_ERRORS):
            log.warning(
                "job not submitted again", exc_info=True, extra={"response": job.response, "job": job.id}
            )


def overdue_later(answer: AnswerState, job: Job) -> asyncio.TimerHandle:
    """Have the inbox told when a job should have ended."""
    wait_s = max(0.0, job.deadline - answer.clock()) + GRACE_S
    return asyncio.get_running_loop().call_later(wait_s, answer.inbox.put, Overdue(job.slot, job.id))


async def _put_in_line(answer: AnswerState, job: Job) -> None:
    """Submit a job, again and again while the store is away, for as long as there is time to draw it."""
    while True:
        try:
            return await answer.pool.submit(job)
        except STORE_ERRORS:
            if answer.clock() > job.deadline:
                raise
            log.warning("job not submitted, trying again", exc_info=True, extra={"job": job.id})
            await asyncio.sleep(SUBMIT_AGAIN_S)
