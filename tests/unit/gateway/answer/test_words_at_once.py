"""Words of a plan are told without waiting for a turn, and never out of turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from planner_service.wire import PlanEvent, PlanRequest, ReasoningDelta
from tests.fakes import PLAN_DONE, FakePool, ScriptedPlanner, ask, says, slot
from tests.unit.gateway.answer.stitching import STORY, answer, stream


class SlowPlanner(ScriptedPlanner):
    """After each step the answer has caught up before the next one comes."""

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        async for event in super().plan(request):
            yield event
            await caught_up()


async def caught_up() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def told(events: list[GatewayEvent]) -> list[tuple[str, object]]:
    return [(event.type, getattr(event, "text", None)) for event in events]


async def test_whether_words_are_told_at_once_or_wait_for_their_turn_the_answer_is_the_same():
    yielded = [event async for event in await stream(SlowPlanner(*STORY), FakePool(), ask())]
    assert told(await answer(SlowPlanner(*STORY), FakePool())) == told(yielded)


async def test_words_are_told_at_once_but_for_those_that_begin_the_answer():
    at_once: list[GatewayEvent] = []
    planner = SlowPlanner(says("A "), says("red "), slot(0), says("fox."), PLAN_DONE)
    yielded = [event async for event in await stream(planner, FakePool(), ask(), at_once.append)]
    assert told(at_once) == [("text_delta", " red"), ("text_started", None), ("text_delta", "fox.")]
    assert told(yielded)[:4] == [
        ("response_started", None),
        ("plan_started", None),
        ("text_started", None),
        ("text_delta", "A"),
    ]


async def test_thoughts_are_told_at_once_too():
    at_once: list[GatewayEvent] = []
    planner = SlowPlanner(ReasoningDelta(text="Hm"), ReasoningDelta(text="m."), says("A fox."), PLAN_DONE)
    request = ask(thoughts="as_text")
    async for _ in await stream(planner, FakePool(), request, at_once.append):
        pass
    assert ("thought_delta", "m.") in told(at_once)


async def test_words_that_come_while_something_else_is_seen_to_wait_for_it():
    """Submitting a job takes its time; what is said meanwhile comes after it."""
    pool = FakePool()
    submit, goes_on = pool.submit, asyncio.Event()

    async def slow(job):
        await goes_on.wait()
        await submit(job)

    pool.submit = slow
    events: list[GatewayEvent] = []

    async def read() -> None:
        async for event in await stream(
            SlowPlanner(slot(0), says("B."), PLAN_DONE), pool, ask(), events.append
        ):
            events.append(event)

    reading = asyncio.create_task(read())
    await caught_up()
    assert not [event for event in events if isinstance(event, ev.TextDelta)]
    goes_on.set()
    await reading
    names = [event.type for event in events]
    assert names.index("picture_queued") < names.index("text_delta")


@pytest.mark.parametrize("has_begun", [True, False])
async def test_nothing_is_told_of_an_answer_that_is_closed(has_begun: bool):
    at_once: list[GatewayEvent] = []
    goes_on = asyncio.Event()
    planner = SlowPlanner(says("A."), goes_on, says("B."), PLAN_DONE)
    events = await stream(planner, FakePool(), ask(), at_once.append)
    if has_begun:
        await anext(events)
    await events.aclose()
    goes_on.set()
    await caught_up()
    assert not at_once
