from __future__ import annotations

from contextlib import aclosing

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from tests.fakes import (
    PLAN_DONE,
    FakePool,
    ScriptedPlanner,
    ask,
    blob,
    done,
    failed,
    slot,
)
from tests.unit.gateway.answer.stitching import answer, pictures, stream
from tests.virtual_time import in_virtual_time


@in_virtual_time
async def test_pictures_are_numbered_through_the_conversation():
    events = await answer(
        ScriptedPlanner(slot(0, "img2"), PLAN_DONE), FakePool(), ask(known=("img1", "img2"))
    )
    assert pictures(events)[0].id == "img3"
    assert [used.id for used in pictures(events)[0].references] == ["img2"]


@in_virtual_time
async def test_a_slot_is_held_until_the_picture_it_references_is_drawn():
    pool = FakePool(draws=False)
    planner = ScriptedPlanner(slot(0), slot(1, "img1"), slot(2), PLAN_DONE)
    queued: list[int] = []
    async with aclosing(await stream(planner, pool, ask())) as events:
        async for event in events:
            if isinstance(event, ev.PlanEnded):
                # Before its reference is drawn only the first and, as the planner chooses, the third are in the queue.
                assert [job.slot for job in pool.jobs] == [0, 2]
                pool.say(pool.jobs[0], done(pool.jobs[0]))
            if isinstance(event, ev.PictureQueued):
                queued.append(event.item)
                if event.item == 1:
                    assert event.references[0].blob == blob(pool.jobs[0].id)
                    assert event.references[0].chosen_by == "planner"
                    for job in pool.jobs[1:]:
                        pool.say(job, done(job))
    assert queued == [0, 2, 1]
    assert pool.jobs[2].references == (blob(pool.jobs[0].id),)


@in_virtual_time
async def test_a_failed_reference_is_left_out_and_reported():
    pool = FakePool(draws=False)
    planner = ScriptedPlanner(slot(0), slot(1, "img1", "in1"), slot(2, "img2", "img1"), PLAN_DONE)
    told: set[str] = set()
    collected: list[GatewayEvent] = []
    async with aclosing(await stream(planner, pool, ask(known=("in1",)))) as events:
        async for event in events:
            collected.append(event)
            for job in pool.jobs:
                if job.id not in told:
                    told.add(job.id)
                    pool.say(job, failed() if job.slot == 0 else done(job))
    first, second, third = pictures(collected)
    assert (first.state, first.code) == ("failed", "internal")
    assert ([used.id for used in second.references], second.missing) == (["in1"], ("img1",))
    assert ([used.id for used in third.references], third.missing) == (["img2"], ("img1",))
    assert fold(collected).state == "completed"


async def told(planner: ScriptedPlanner, fails: set[int]) -> list[GatewayEvent]:
    """The events of an answer in which the pictures of these slots fail."""
    pool = FakePool(draws=False)
    told: set[str] = set()
    collected: list[GatewayEvent] = []
    async with aclosing(await stream(planner, pool, ask())) as events:
        async for event in events:
            collected.append(event)
            for job in [job for job in pool.jobs if job.id not in told]:
                told.add(job.id)
                pool.say(job, failed() if job.slot in fails else done(job))
    return collected


@in_virtual_time
async def test_where_the_first_picture_fails_the_first_that_is_drawn_guides_the_others():
    planner = ScriptedPlanner(slot(0), *(slot(n, "img1") for n in range(1, 4)), PLAN_DONE)

    _, second, third, fourth = pictures(await told(planner, fails={0}))

    assert (second.references, second.missing) == ((), ("img1",))
    for later in (third, fourth):
        assert [(used.id, used.chosen_by) for used in later.references] == [("img2", "policy")]
        assert later.missing == ("img1",)
        assert later.references[0].blob == second.blob


@in_virtual_time
async def test_where_several_fail_the_next_that_is_drawn_guides_the_others():
    planner = ScriptedPlanner(slot(0), *(slot(n, "img1") for n in range(1, 4)), PLAN_DONE)

    *_, third, fourth = pictures(await told(planner, fails={0, 1}))

    assert third.references == ()
    assert [used.id for used in fourth.references] == ["img3"]


@in_virtual_time
async def test_a_later_guide_that_fails_is_stood_in_for_by_the_first_picture():
    planner = ScriptedPlanner(slot(0), slot(1, "img1"), slot(2, "img2"), PLAN_DONE)

    *_, third = pictures(await told(planner, fails={1}))

    assert ([used.id for used in third.references], third.missing) == (["img1"], ("img2",))


@in_virtual_time
async def test_a_chain_of_references_survives_every_one_of_them_failing():
    pool = FakePool(draws=False)
    planner = ScriptedPlanner(slot(0), *(slot(n, f"img{n}") for n in range(1, 6)), PLAN_DONE)
    events = await answer(planner, pool, ask(job_timeout_s=5.0))
    assert [(picture.state, picture.code) for picture in pictures(events)] == [("failed", "deadline")] * 6
    assert fold(events).state == "completed"
