"""The heart: one answer from a planner's text and a pool's pictures, as events in an order that every reader sees alike.

It knows nothing of HTTP, Redis or ledgers. What the plan says becomes items in `text` and `pictures`; here is only the waiting: one
inbox takes whatever comes next, from the planner, the pool or a deadline.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from dataclasses import dataclass, field
from typing import Protocol

from gateway.answer import events as ev
from gateway.answer.errors import PlannerUnavailable
from gateway.answer.event_budget import EventBudget
from gateway.answer.events import GatewayEvent
from gateway.answer.failures import PLAN_FAILURES
from gateway.answer.pictures import Pictures
from gateway.answer.request import Request
from gateway.answer.text import TextRuns
from planner_service.wire import PlanDone, PlanEvent, PlanFailed, PlanRequest, Slot, SlotOpen, TextDelta
from visualizer_service.client import QueueFull
from visualizer_service.wire import Job, Limits, Reply

log = logging.getLogger(__name__)

# After its deadline a job's own reply is given this long to arrive; it says more than the deadline alone.
GRACE_S = 2.0
# A planner or a pool that does not let go in this time is left to its own deadlines.
CLOSE_S = 5.0

Clock = Callable[[], float]
"""Unix time in seconds."""


class Planner(Protocol):
    """Whoever plans."""

    def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """Plan; raises before the first event if there will be none, and aborts the plan when closed."""
        ...


class Pool(Protocol):
    """Whoever draws."""

    @property
    def gateway_id(self) -> str:
        """Where replies to this process go."""
        ...

    async def submit(self, job: Job) -> None:
        """Put a job in line."""
        ...

    async def cancel(self, response_id: str) -> None:
        """End all jobs of a response."""
        ...

    def route(self, response_id: str) -> AbstractContextManager[asyncio.Queue[Reply]]:
        """Where the replies to a response's jobs arrive."""
        ...


@dataclass(frozen=True, slots=True)
class Overdue:
    """The job of this slot should have ended by now."""

    slot: int


Inbox = asyncio.Queue[PlanEvent | Reply | Overdue | Exception]


@dataclass(slots=True)
class AnswerState:
    """What one answer consists of so far; `ending` is there once the plan is over."""

    request: Request
    text: TextRuns
    pictures: Pictures
    pool: Pool
    clock: Clock
    inbox: Inbox = field(default_factory=asyncio.Queue)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    ending: PlanDone | PlanFailed | None = None

    @property
    def unfinished(self) -> bool:
        """Whether anything more is to come before the last event."""
        return self.ending is None or self.pictures.waiting


async def stitch(
    request: Request, plan: PlanRequest, planner: Planner, pool: Pool, limits: Limits, clock: Clock
) -> AsyncGenerator[GatewayEvent]:
    """Answer a request: text at once, each picture as soon as it is known, drawn, or lost.

    Nothing is yielded before the planner's first event. The last event is a `LastEvent`; before it every picture has had exactly
    one outcome. Closing the generator aborts the plan and cancels the jobs that were submitted.

    Args:
        plan: the same request as the planner is to see it.
        limits: what the pool's model can draw.

    Raises:
        PlannerUnavailable: the planner's first event was that it failed.
        Exception: whatever the planner raised before its first event.
    """
    numbers = itertools.count()
    pictures = Pictures(request, limits, pool.gateway_id, numbers.__next__)
    answer = AnswerState(request, TextRuns(numbers.__next__), pictures, pool, clock)
    asked_at = clock()
    with pool.route(request.id) as replies:
        pumps = [
            asyncio.create_task(
                _pump_plan(planner.plan(plan), EventBudget(request), answer.inbox), name=f"plan {request.id}"
            ),
            asyncio.create_task(_pump_replies(replies, answer.inbox), name=f"replies {request.id}"),
        ]
        try:
            first = await answer.inbox.get()
            _refuse(first)
            yield ev.ResponseStarted(at=asked_at)
            yield ev.PlanStarted(at=asked_at)
            for event in _handle(answer, first):
                yield event
            while answer.unfinished:
                for event in await _submit(answer):
                    yield event
                if answer.unfinished:
                    for event in _handle(answer, await answer.inbox.get()):
                        yield event
            yield _last_event(answer)
        finally:
            await asyncio.shield(asyncio.create_task(_clean_up(answer, pumps)))


def _refuse(first: PlanEvent | Reply | Overdue | Exception) -> None:
    """An answer that the planner never began is an error, not an answer."""
    match first:
        case Exception():
            raise first
        case PlanFailed():
            raise PlannerUnavailable(_why(first))


def _why(failed: PlanFailed) -> str:
    return failed.message or PLAN_FAILURES[failed.code]


def _handle(answer: AnswerState, message: PlanEvent | Reply | Overdue | Exception) -> list[GatewayEvent]:
    """What one message from the inbox makes happen."""
    at, text, pictures = answer.clock(), answer.text, answer.pictures
    match message:
        case TextDelta():
            return text.write(message.text, at)
        case SlotOpen():
            return [*text.end(at), *pictures.open(message.index, at)]
        case Slot():
            return [*text.end(at), *pictures.describe(message, at)]
        case PlanDone():
            answer.ending = message
            ended = ev.PlanEnded(at=at, finish_reason=message.finish_reason, usage=message.usage)
            return [*text.end(at), *pictures.abandon(at), ended]
        case PlanFailed():
            answer.ending = message
            return [*text.end(at), *pictures.abandon(at)]
        case Reply():
            return pictures.on_reply(message, at)
        case Overdue():
            return pictures.fail(message.slot, "deadline", at)
        case Exception():
            log.error("planner broke off", exc_info=message, extra={"response": answer.request.id})
            return _handle(answer, PlanFailed(code="upstream_failed"))


async def _submit(answer: AnswerState) -> list[GatewayEvent]:
    """Submit every job that nothing holds; one that cannot be submitted may release others, to be drawn without it."""
    events: list[GatewayEvent] = []
    while ready := answer.pictures.release(answer.clock()):
        for job, queued in ready:
            try:
                await answer.pool.submit(job)
            except QueueFull as full:
                words = f"The picture could not be queued: {full.limit} wait in the pool already, and no more may."
                events += answer.pictures.fail(job.slot, "queue_unavailable", answer.clock(), words)
                continue
            except Exception:
                log.exception("job not submitted", extra={"response": job.response, "job": job.id})
                events += answer.pictures.fail(job.slot, "queue_unavailable", answer.clock())
                continue
            events.append(queued)
            answer.timers.append(_overdue_later(answer, job.slot))
    return events


def _overdue_later(answer: AnswerState, slot: int) -> asyncio.TimerHandle:
    wait_s = answer.request.draw.job_timeout_s + GRACE_S
    return asyncio.get_running_loop().call_later(wait_s, answer.inbox.put_nowait, Overdue(slot))


def _last_event(answer: AnswerState) -> GatewayEvent:
    at = answer.clock()
    match answer.ending:
        case PlanFailed() as failed:
            return ev.ResponseFailed(at=at, code=f"planner_{failed.code}", message=_why(failed))
        case PlanDone(finish_reason="length"):
            return ev.ResponseIncomplete(at=at)
        case _:
            return ev.ResponseCompleted(at=at)


async def _pump_plan(plan: AsyncGenerator[PlanEvent], budget: EventBudget, inbox: Inbox) -> None:
    """Put the plan's events in the inbox as far as they fit, and an exception as a value: the last thing in ends the plan."""
    try:
        async with aclosing(plan) as events:
            async for event in events:
                if fitted := budget.fitted(event):
                    inbox.put_nowait(fitted)
                if isinstance(event, PlanDone | PlanFailed):
                    return
        inbox.put_nowait(PlanFailed(code="upstream_failed"))
    except Exception as error:
        inbox.put_nowait(error)


async def _pump_replies(replies: asyncio.Queue[Reply], inbox: Inbox) -> None:
    while True:
        inbox.put_nowait(await replies.get())


async def _clean_up(answer: AnswerState, pumps: list[asyncio.Task[None]]) -> None:
    """Stop planning, and drawing what is no longer wanted."""
    for timer in answer.timers:
        timer.cancel()
    for pump in pumps:
        pump.cancel()
    try:
        async with asyncio.timeout(CLOSE_S):
            if answer.pictures.submitted:
                await answer.pool.cancel(answer.request.id)
            await asyncio.wait(pumps)
    except Exception:
        log.exception("answer not let go in time", extra={"response": answer.request.id})
