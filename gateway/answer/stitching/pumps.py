"""What fills an answer's inbox: the plan, the pool's replies, and word that the store is back.

Most of a plan are words. Where nothing comes before them they are told at once, for one task's waking up another costs more than they do.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from functools import partial

from gateway.answer.event_budget import EventBudget
from gateway.answer.plan import Base64Store
from gateway.answer.stitching.inbox import Inbox, StoreBack
from gateway.answer.stitching.planned import on_plan
from gateway.answer.stitching.state import AnswerState
from gateway.answer.written import Planner, WrittenPlan, is_end, plan_through
from planner_service.wire import PlanEvent, PlanRequest, ReasoningDelta, TextDelta
from visualizer_service.wire import Reply

log = logging.getLogger(__name__)

# A planner or a pool that does not let go in this time is left to its own deadlines.
CLOSE_S = 5.0
WORDS = (TextDelta, ReasoningDelta)


def started(
    answer: AnswerState,
    plan: PlanRequest,
    planner: Planner,
    replies: asyncio.Queue[Reply],
    patience_s: float,
    views: Base64Store | None,
) -> list[asyncio.Task[None]]:
    """All of them, at work."""
    pumps = {
        "plan": _pump_plan(answer, plan, planner, patience_s, views),
        "replies": _pump_replies(replies, answer.inbox),
        "store": _pump_store(answer.start.store_back, answer.inbox),
    }
    return [asyncio.create_task(pump, name=f"{name} {answer.request.id}") for name, pump in pumps.items()]


async def clean_up(answer: AnswerState, pumps: list[asyncio.Task[None]]) -> None:
    """Stop planning, and drawing what is no longer wanted."""
    for timer in answer.timers:
        timer.cancel()
    for pump in (*pumps, *answer.judging):
        pump.cancel()
    try:
        async with asyncio.timeout(CLOSE_S):
            if answer.pictures.submitted and not answer.start.leaves_jobs:
                await answer.pool.cancel(answer.request.id)
            await asyncio.wait([*pumps, *answer.judging])
    except Exception:
        log.exception("answer not let go in time", extra={"response": answer.request.id})


async def _pump_plan(
    answer: AnswerState, plan: PlanRequest, planner: Planner, patience_s: float, views: Base64Store | None
) -> None:
    """Take the plan's events in as far as they fit, and an exception as a value: the last one ends the plan."""
    if answer.ending is not None:
        return
    document, budget = answer.start.document, EventBudget(answer.request)
    written = WrittenPlan.of(plan, document)
    for event in written.events():
        budget.fitted(event)
    seen = None if views is None or not plan.pauses else partial(_seen, answer, views)
    rest = plan_through(planner, written, answer.clock, patience_s, seen, is_begun=answer.start.is_begun)
    try:
        async with aclosing(rest) as events:
            async for event in events:
                fitted = budget.fitted(event)
                if fitted is not None:
                    _take_in(answer, fitted)
                    if is_end(fitted):
                        return
    except Exception as error:
        answer.inbox.put(error)


def _take_in(answer: AnswerState, event: PlanEvent) -> None:
    """Tell words that have nothing to wait for; all else waits for its turn."""
    if answer.tell is not None and isinstance(event, WORDS) and answer.inbox.is_awaited:
        for told in on_plan(answer, event, answer.clock()):
            answer.tell(told)
    else:
        answer.inbox.put(event)


async def _seen(answer: AnswerState, views: Base64Store, slot: int) -> str | None:
    """What a planner is shown of a picture, once that has its outcome."""
    blob = await answer.outcome(slot)
    data = None if blob is None else await views.base64(blob)
    return None if data is None else data.decode("ascii")


async def _pump_store(store_back: asyncio.Event, inbox: Inbox) -> None:
    while True:
        await store_back.wait()
        store_back.clear()
        inbox.put(StoreBack())


async def _pump_replies(replies: asyncio.Queue[Reply], inbox: Inbox) -> None:
    while True:
        inbox.put(await replies.get())
