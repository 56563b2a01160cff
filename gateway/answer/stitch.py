"""The heart: one answer from a planner's text and a pool's pictures, as events in an order that every reader sees alike.

It knows nothing of HTTP, Redis or ledgers. What the plan says becomes items in `text` and `pictures`; here is only the waiting: one
inbox takes whatever comes next, from the planner, the pool or a deadline. The pieces stand in `stitching/`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator

from gateway.answer import events as ev
from gateway.answer.errors import PlannerUnavailable
from gateway.answer.events import GatewayEvent
from gateway.answer.pictures import Pictures
from gateway.answer.plan import Base64Store
from gateway.answer.request import Request
from gateway.answer.stitching.inbox import Judged, Message, Overdue, StoreBack
from gateway.answer.stitching.jobs import overdue_later, submit, submit_again
from gateway.answer.stitching.judging import Critic, judge_drawn
from gateway.answer.stitching.planned import last_event, on_plan, why
from gateway.answer.stitching.pumps import clean_up, started
from gateway.answer.stitching.state import AnswerState, Clock, Pool, Start, Tell
from gateway.answer.stitching.text import TextRuns
from gateway.answer.stitching.thoughts import ThoughtRuns
from gateway.answer.written import Planner
from planner_service.wire import PlanDone, PlanFailed, PlanRequest, PlanUsage
from visualizer_service.wire import Limits, Reply

log = logging.getLogger(__name__)


async def stitch(
    request: Request,
    plan: PlanRequest,
    planner: Planner,
    pool: Pool,
    limits: Limits,
    clock: Clock,
    start: Start | None = None,
    patience_s: float = 0.0,
    critic: Critic | None = None,
    views: Base64Store | None = None,
    tell: Tell | None = None,
) -> AsyncGenerator[GatewayEvent]:
    """Answer a request: text at once, each picture as soon as it is known, drawn, or lost.

    Nothing is yielded before the planner's first event. The last event is a `LastEvent`; before it every picture has had exactly
    one outcome. Closing the generator aborts the plan and, unless `start` leaves them to others, cancels the jobs that were submitted.

    Args:
        plan: the same request as the planner is to see it, from its beginning on.
        limits: what the pool's model can draw.
        start: what there is of the answer already; its events are not yielded again.
        critic: who judges the pictures, where the request wants them judged.
        views: where a planner that is to see the pictures gets them from.
        tell: takes words as they come while the next event is waited for, which therefore comes after them; without it they are yielded, too.
        patience_s: how long a planner that was lost is waited for, or another one looked for.

    Raises:
        PlannerUnavailable: the planner's first event was that it failed.
        Exception: whatever the planner raised before its first event.
    """
    start = start or Start()
    asked_at = clock()
    answer = _opened(request, pool, limits, clock, start)
    with pool.route(request.id, start.replies_to) as replies:
        pumps = started(answer, plan, planner, replies, patience_s, views)
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
            answer.tell = tell
            while answer.unfinished:
                for event in await submit(answer):
                    yield event
                if critic is not None:
                    judge_drawn(answer, critic)
                answer.changed.set()
                if answer.unfinished:
                    for event in await _handle(answer, await answer.inbox.get()):
                        yield event
            yield last_event(answer)
        finally:
            await asyncio.shield(asyncio.create_task(clean_up(answer, pumps)))


def _opened(request: Request, pool: Pool, limits: Limits, clock: Clock, start: Start) -> AnswerState:
    document = start.document
    numbers = itertools.count(len(document.items))
    last = document.items[-1] if document.items else None
    pictures = Pictures(request, limits, start.replies_to or pool.gateway_id, numbers.__next__)
    pictures.go_on(document)
    text, thoughts = TextRuns(numbers.__next__, last), ThoughtRuns(numbers.__next__, last)
    answer = AnswerState(request, text, thoughts, pictures, pool, clock, start)
    answer.is_paused = document.plan_paused_at is not None
    match document.finish_reason:
        case "stop" | "length" as reason:
            usage = document.usage or PlanUsage(input_tokens=0, output_tokens=0)
            answer.ending = PlanDone(finish_reason=reason, usage=usage)
    return answer


def _go_on(answer: AnswerState) -> list[GatewayEvent]:
    """Take up pictures that are under way; whoever was at them may have been lost with a job not yet in the queue."""
    for job in answer.pictures.submitted_jobs():
        answer.timers.append(overdue_later(answer, job))
    answer.inbox.put(StoreBack())
    at = answer.clock()
    # A planner that goes on thinks anew.
    thought = answer.thoughts.end(at)
    return (
        thought if answer.ending is None else [*thought, *answer.text.end(at), *answer.pictures.abandon(at)]
    )


def _refuse(first: Message) -> None:
    """An answer that the planner never began is an error, not an answer."""
    match first:
        case Exception():
            raise first
        case PlanFailed():
            raise PlannerUnavailable(why(first))


async def _handle(answer: AnswerState, message: Message) -> list[GatewayEvent]:
    """What one message from the inbox makes happen."""
    at, pictures = answer.clock(), answer.pictures
    match message:
        case Reply():
            return pictures.on_reply(message, at)
        case Overdue():
            return pictures.overdue(message.slot, message.job, at)
        case Judged():
            return pictures.on_verdict(message.slot, message.draft, message.better_description, at)
        case StoreBack():
            await submit_again(answer)
            return []
        case Exception():
            log.error("planner broke off", exc_info=message, extra={"response": answer.request.id})
            return on_plan(answer, PlanFailed(code="upstream_failed"), at)
    return on_plan(answer, message, at)
