"""An answer of the stitching under test: its events, which keep what every answer promises."""

from __future__ import annotations

import asyncio
from collections import Counter

from gateway.answer import events as ev
from gateway.answer.document import Picture
from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.folding import fold
from gateway.answer.plan import plan_request
from gateway.answer.request import Request
from gateway.answer.stitch import stitch
from gateway.answer.stitching.state import Tell
from tests.fakes import (
    LIMITS,
    PLAN_DONE,
    FakeBlobs,
    FakePool,
    ScriptedPlanner,
    ask,
    says,
    slot,
)

STORY = (says("One "), says("fox."), slot(0), says("\n"), slot(1, "img1"), says("\n\nThe end.\n"), PLAN_DONE)
OUTCOMES = (ev.PictureDone, ev.PictureFailed, ev.PictureCancelled)


def now() -> float:
    return 1000.0 + asyncio.get_running_loop().time()


async def stream(planner: ScriptedPlanner, pool: FakePool, request: Request, tell: Tell | None = None):
    plan = await plan_request(request, await planner.model(), FakeBlobs())
    return stitch(request, plan, planner, pool, LIMITS, now, tell=tell)


async def answer(
    planner: ScriptedPlanner, pool: FakePool, request: Request | None = None
) -> list[GatewayEvent]:
    """All events of an answer, which must keep the promises of every answer."""
    request = request or ask()
    events: list[GatewayEvent] = []
    async for event in await stream(planner, pool, request, events.append):
        events.append(event)
    assert isinstance(events[-1], LastEvent)
    outcomes = Counter(event.item for event in events if isinstance(event, OUTCOMES))
    opened = [event.item for event in events if isinstance(event, ev.PictureOpened)]
    assert outcomes == Counter(opened)
    assert planner.closed == len(planner.asked)
    assert request.id not in pool.inboxes
    return events


def pictures(events: list[GatewayEvent]) -> tuple[Picture, ...]:
    return fold(events).pictures
