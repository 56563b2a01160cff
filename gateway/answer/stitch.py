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
from gateway.answer.document import Document
from gateway.answer.errors import STORE_ERRORS, PlannerUnavailable
from gateway.answer.event_budget import EventBudget
from gateway.answer.events import GatewayEvent
from gateway.answer.failures import PLAN_FAILURES
from gateway.answer.pictures import Pictures
from gateway.answer.request import Request
from gateway.answer.text import TextRuns
from gateway.answer.written import Planner, WrittenPlan, plan_through
from planner_service.wire import (
    CastTold,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlanRequest,
    PlanUsage,
    ReasoningDelta,
    Slot,
    SlotOpen,
    TextDelta,
)
from visualizer_service.client import QueueFull
from visualizer_service.wire import Job, Limits, Reply

log = logging.getLogger(__name__)

# After its deadline a job's own reply is given this long to arrive; it says more than the deadline alone.
GRACE_S = 2.0
SUBMIT_AGAIN_S = 0.5
# A planner or a pool that does not let go in this time is left to its own deadlines.
CLOSE_S = 5.0

Clock = Callable[[], float]
"""Unix time in seconds."""


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


@dataclass(frozen=True, slots=True)
class Overdue:
    """The job of this slot should have ended by now."""

    slot: int


@dataclass(frozen=True, slots=True)
class StoreBack:
    """The store was away, and may have forgotten jobs."""


Message = PlanEvent | Reply | Overdue | StoreBack | Exception
Inbox = asyncio.Queue[Message]


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
    """What one answer consists of so far; `ending` is there once the plan is over."""

    request: Request
    text: TextRuns
    pictures: Pictures
    pool: Pool
    clock: Clock
    start: Start
    inbox: Inbox = field(default_factory=asyncio.Queue)
    timers: list[asyncio.TimerHandle] = field(default_factory=list)
    ending: PlanDone | PlanFailed | None = None

    @property
    def unfinished(self) -> bool:
        """Whether anything more is to come before the last event."""
        return self.ending is None or self.pictures.waiting


async def stitch(
    request: Request,
    plan: PlanRequest,
    planner: Planner,
    pool: Pool,
    limits: Limits,
    clock: Clock,
    start: Start | None = None,
    patience_s: float = 0.0,
) -> AsyncGenerator[GatewayEvent]:
    """Answer a request: text at once, each picture as soon as it is known, drawn, or lost.

    Nothing is yielded before the planner's first event. The last event is a `LastEvent`; before it every picture has had exactly
    one outcome. Closing the generator aborts the plan and, unless `start` leaves them to others, cancels the jobs that were submitted.

    Args:
        plan: the same request as the planner is to see it, from its beginning on.
        limits: what the pool's model can draw.
        start: what there is of the answer already; its events are not yielded again.
        patience_s: how long a planner that was lost is waited for, or another one looked for.

    Raises:
        PlannerUnavailable: the planner's first event was that it failed.
        Exception: whatever the planner raised before its first event.
    """
    start = start or Start()
    asked_at = clock()
    answer = _opened(request, pool, limits, clock, start)
    with pool.route(request.id, start.replies_to) as replies:
        pumps = [
            asyncio.create_task(pump, name=f"{name} {request.id}")
            for name, pump in {
                "plan": _pump_plan(answer, plan, planner, patience_s),
                "replies": _pump_replies(replies, answer.inbox),
                "store": _pump_store(start.store_back, answer.inbox),
            }.items()
        ]
        try:
            if start.is_begun:
                for event in _go_on(answer):
                    yield event
            else:
                first = await answer.inbox.get()
                _refuse(first)
                yield ev.ResponseStarted(at=asked_at)
                yield ev.PlanStarted(at=asked_at)
                for event in await _handle(answer, first):
                    yield event
            while answer.unfinished:
                for event in await _submit(answer):
                    yield event
                if answer.unfinished:
                    for event in await _handle(answer, await answer.inbox.get()):
                        yield event
            yield _last_event(answer)
        finally:
            await asyncio.shield(asyncio.create_task(_clean_up(answer, pumps)))


def _opened(request: Request, pool: Pool, limits: Limits, clock: Clock, start: Start) -> AnswerState:
    document = start.document
    numbers = itertools.count(len(document.items))
    text = TextRuns(numbers.__next__, document.items[-1] if document.items else None)
    pictures = Pictures(request, limits, start.replies_to or pool.gateway_id, numbers.__next__)
    pictures.go_on(document)
    answer = AnswerState(request, text, pictures, pool, clock, start)
    match document.finish_reason:
        case "stop" | "length" as reason:
            usage = document.usage or PlanUsage(input_tokens=0, output_tokens=0)
            answer.ending = PlanDone(finish_reason=reason, usage=usage)
    return answer


def _go_on(answer: AnswerState) -> list[GatewayEvent]:
    """Take up pictures that are under way; whoever was at them may have been lost with a job not yet in the queue."""
    for job in answer.pictures.submitted_jobs():
        answer.timers.append(_overdue_later(answer, job))
    answer.inbox.put_nowait(StoreBack())
    at = answer.clock()
    return [] if answer.ending is None else [*answer.text.end(at), *answer.pictures.abandon(at)]


def _refuse(first: Message) -> None:
    """An answer that the planner never began is an error, not an answer."""
    match first:
        case Exception():
            raise first
        case PlanFailed():
            raise PlannerUnavailable(_why(first))


def _why(failed: PlanFailed) -> str:
    return failed.message or PLAN_FAILURES[failed.code]


async def _handle(answer: AnswerState, message: Message) -> list[GatewayEvent]:
    """What one message from the inbox makes happen."""
    at, pictures = answer.clock(), answer.pictures
    match message:
        case Reply():
            return pictures.on_reply(message, at)
        case Overdue():
            return pictures.fail(message.slot, "deadline", at)
        case StoreBack():
            await _submit_again(answer)
            return []
        case Exception():
            log.error("planner broke off", exc_info=message, extra={"response": answer.request.id})
            return _planned(answer, PlanFailed(code="upstream_failed"), at)
    return _planned(answer, message, at)


def _planned(answer: AnswerState, event: PlanEvent, at: float) -> list[GatewayEvent]:
    """What one event of the plan makes happen."""
    text, pictures = answer.text, answer.pictures
    match event:
        case TextDelta():
            return text.write(event.text, at)
        case SlotOpen():
            return [*text.end(at), *pictures.open(event.index, at)]
        case Slot():
            return [*text.end(at), *pictures.describe(event, at)]
        case PlanDone():
            answer.ending = event
            # A plan pauses only where it was asked to.
            reason = "length" if event.finish_reason == "length" else "stop"
            ended = ev.PlanEnded(at=at, finish_reason=reason, usage=event.usage)
            return [*text.end(at), *pictures.abandon(at), ended]
        case PlanFailed():
            answer.ending = event
            return [*text.end(at), *pictures.abandon(at)]
        case ReasoningDelta() | CastTold():
            # No dialect has words for them.
            return []


async def _submit(answer: AnswerState) -> list[GatewayEvent]:
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
            answer.timers.append(_overdue_later(answer, job))
    return events


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


async def _submit_again(answer: AnswerState) -> None:
    """Submit what the store may have forgotten; a job that it remembers stays as it is."""
    for job in answer.pictures.submitted_jobs():
        try:
            await answer.pool.submit(job)
        except (QueueFull, *STORE_ERRORS):
            log.warning(
                "job not submitted again", exc_info=True, extra={"response": job.response, "job": job.id}
            )


def _overdue_later(answer: AnswerState, job: Job) -> asyncio.TimerHandle:
    wait_s = max(0.0, job.deadline - answer.clock()) + GRACE_S
    return asyncio.get_running_loop().call_later(wait_s, answer.inbox.put_nowait, Overdue(job.slot))


def _last_event(answer: AnswerState) -> GatewayEvent:
    at = answer.clock()
    match answer.ending:
        case PlanFailed() as failed:
            return ev.ResponseFailed(at=at, code=f"planner_{failed.code}", message=_why(failed))
        case PlanDone(finish_reason="length"):
            return ev.ResponseIncomplete(at=at)
        case _:
            return ev.ResponseCompleted(at=at)


async def _pump_plan(answer: AnswerState, plan: PlanRequest, planner: Planner, patience_s: float) -> None:
    """Put the plan's events in the inbox as far as they fit, and an exception as a value: the last thing in ends the plan."""
    if answer.ending is not None:
        return
    document, inbox, budget = answer.start.document, answer.inbox, EventBudget(answer.request)
    written = WrittenPlan.of(plan, document)
    for event in written.events():
        budget.fitted(event)
    rest = plan_through(planner, written, answer.clock, patience_s, is_begun=answer.start.is_begun)
    try:
        async with aclosing(rest) as events:
            async for event in events:
                if fitted := budget.fitted(event):
                    inbox.put_nowait(fitted)
    except Exception as error:
        inbox.put_nowait(error)


async def _pump_store(store_back: asyncio.Event, inbox: Inbox) -> None:
    while True:
        await store_back.wait()
        store_back.clear()
        inbox.put_nowait(StoreBack())


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
            if answer.pictures.submitted and not answer.start.leaves_jobs:
                await answer.pool.cancel(answer.request.id)
            await asyncio.wait(pumps)
    except Exception:
        log.exception("answer not let go in time", extra={"response": answer.request.id})
