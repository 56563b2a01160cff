from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from gateway.answer import events as ev
from gateway.answer.document import Text
from gateway.answer.errors import PlannerUnavailable
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.stitching.jobs import GRACE_S
from planner_service.wire import PlanDone, PlanFailed, SlotOpen
from tests.fakes import (
    PLAN_DONE,
    USAGE,
    FakePool,
    ScriptedPlanner,
    ask,
    cancelled,
    says,
    slot,
)
from tests.unit.gateway.answer.stitching import STORY, answer, now, pictures, stream
from tests.virtual_time import in_virtual_time


@in_virtual_time
async def test_without_any_worker_a_picture_fails_at_its_deadline_and_the_text_stands():
    began = now()
    events = await answer(ScriptedPlanner(*STORY), FakePool(draws=False), ask(job_timeout_s=20.0))
    late = "The picture was not ready 22.0 s after it was queued; it may take 20 s."
    assert [(picture.code, picture.message) for picture in pictures(events)] == [("deadline", late)] * 2
    assert fold(events).state == "completed"
    # The second picture's time began when the first had failed.
    assert now() - began == pytest.approx(2 * (20.0 + GRACE_S))


@in_virtual_time
async def test_a_job_that_cannot_be_queued_fails_its_picture_and_frees_those_that_wait_for_it():
    events = await answer(ScriptedPlanner(*STORY), FakePool(refuses=[0]))
    first, second = pictures(events)
    assert (first.state, first.code) == ("failed", "queue_unavailable")
    assert (second.state, second.missing) == ("done", ("img1",))


@in_virtual_time
async def test_a_picture_cancelled_by_the_pool_ends_as_cancelled():
    pool = FakePool(draws=False)
    async with aclosing(await stream(ScriptedPlanner(slot(0), PLAN_DONE), pool, ask())) as events:
        collected: list[GatewayEvent] = []
        async for event in events:
            collected.append(event)
            if isinstance(event, ev.PlanEnded):
                pool.say(pool.jobs[0], cancelled())
    assert pictures(collected)[0].state == "cancelled"


@in_virtual_time
async def test_a_slot_cut_off_by_the_length_limit_fails_and_the_answer_is_incomplete():
    cut = PlanDone(finish_reason="length", usage=USAGE)
    events = await answer(ScriptedPlanner(says("Look:"), slot(0), SlotOpen(index=1), cut), FakePool())
    assert [(picture.state, picture.code) for picture in pictures(events)] == [
        ("done", None),
        ("failed", "incomplete_description"),
    ]
    assert isinstance(events[-1], ev.ResponseIncomplete)


@in_virtual_time
async def test_a_slot_that_describes_nothing_is_never_drawn():
    pool = FakePool()
    events = await answer(ScriptedPlanner(slot(0, description=" \n"), PLAN_DONE), pool)
    assert pictures(events)[0].code == "incomplete_description"
    assert pool.jobs == []


@pytest.mark.parametrize(
    "error", [ConnectionError("down"), PlanFailed(code="engine_failed")], ids=["raises", "fails"]
)
def test_a_planner_that_never_begins_is_an_error_not_an_answer(error):
    @in_virtual_time
    async def run() -> None:
        planner, pool = ScriptedPlanner(error), FakePool()
        expected = PlannerUnavailable if isinstance(error, PlanFailed) else ConnectionError
        with pytest.raises(expected):
            await anext(await stream(planner, pool, ask()))
        assert planner.closed == 1
        assert pool.inboxes == {}

    run()


@pytest.mark.parametrize(
    ("death", "code"),
    [
        ([PlanFailed(code="engine_failed")], "planner_engine_failed"),
        ([ConnectionError("gone")], "planner_upstream_failed"),
        ([], "planner_upstream_failed"),
    ],
    ids=["says so", "raises", "falls silent"],
)
def test_a_planner_that_dies_mid_answer_leaves_what_it_had_closed(death, code):
    @in_virtual_time
    async def run() -> None:
        events = await answer(
            ScriptedPlanner(says("Once "), slot(0), slot(1, "img1"), says("upon"), SlotOpen(index=2), *death),
            FakePool(),
        )
        document = fold(events)
        assert [picture.state for picture in document.pictures] == ["done", "done", "failed"]
        assert [item.done for item in document.items if isinstance(item, Text)] == [True, True]
        assert (document.state, document.error_code) == ("failed", code)

    run()


@in_virtual_time
async def test_closing_an_answer_aborts_the_plan_and_cancels_its_jobs_once():
    planner, pool = ScriptedPlanner(*STORY[:-1], asyncio.Event()), FakePool(draws=False)
    events = await stream(planner, pool, ask())
    async for event in events:
        if isinstance(event, ev.PictureQueued):
            break
    await events.aclose()
    assert planner.closed == 1
    assert pool.cancelled == ["resp_1"]
    assert pool.inboxes == {}


@in_virtual_time
async def test_cancelling_whoever_waits_for_an_answer_cleans_up_too():
    planner, pool = ScriptedPlanner(*STORY[:-1], asyncio.Event()), FakePool(draws=False)

    async def read() -> None:
        async for _ in await stream(planner, pool, ask()):
            pass

    reader = asyncio.create_task(read())
    await asyncio.sleep(1)
    reader.cancel()
    await asyncio.wait([reader])
    assert (planner.closed, pool.cancelled) == (1, ["resp_1"])


@in_virtual_time
async def test_a_finished_answer_cancels_nothing():
    pool = FakePool()
    await answer(ScriptedPlanner(*STORY), pool)
    assert pool.cancelled == []


@in_virtual_time
async def test_a_pool_that_does_not_answer_cannot_hold_up_the_end():
    class Deaf(FakePool):
        async def cancel(self, response_id: str) -> None:
            await asyncio.Event().wait()

    planner = ScriptedPlanner(slot(0), asyncio.Event())
    events = await stream(planner, Deaf(draws=False), ask())
    async for event in events:
        if isinstance(event, ev.PictureQueued):
            break
    await events.aclose()
    assert planner.closed == 1
