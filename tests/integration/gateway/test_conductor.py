from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from gateway.answer.document import Text
from gateway.answer.errors import Overloaded, PlannerUnavailable, ShuttingDown
from gateway.store.leases import Leases, kept_by_thread
from tests.fakes import PLAN_DONE, FakePool, ScriptedPlanner, ask, says, slot
from tests.integration.gateway.conducting import STORY, gateway
from tests.integration.gateway.quick import QUICK
from tests.integration.queue.jobs import eventually
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration


async def test_a_response_is_answered_and_read(redis: Redis, opened: AsyncExitStack):
    here = await gateway(opened, redis, ScriptedPlanner(*STORY))
    await here.conductor.start(ask())
    document = await here.read()
    assert document.state == "completed"
    assert [picture.state for picture in document.pictures] == ["done", "done"]
    await here.idle()


async def test_starting_returns_once_the_planner_has_begun(redis: Redis, opened: AsyncExitStack):
    begins = asyncio.Event()
    planner = ScriptedPlanner(begins, *STORY)
    here = await gateway(opened, redis, planner)
    starting = asyncio.create_task(here.conductor.start(ask()))
    await planner.was_asked.wait()
    assert await here.ledger.request("resp_1") is None
    begins.set()
    await starting
    assert await here.ledger.request("resp_1") is not None
    await here.read()


async def test_a_planner_that_is_down_leaves_nothing_behind(redis: Redis, opened: AsyncExitStack):
    here = await gateway(opened, redis, ScriptedPlanner(PlannerUnavailable()))
    with pytest.raises(PlannerUnavailable):
        await here.conductor.start(ask())
    assert await here.ledger.request("resp_1") is None
    assert here.conductor.under_way == 0


async def test_a_planner_that_does_not_begin_in_time_is_let_go(redis: Redis, opened: AsyncExitStack):
    planner = ScriptedPlanner(asyncio.Event())
    here = await gateway(opened, redis, planner, patience=replace(QUICK, plan_start_s=0.1))
    with pytest.raises(PlannerUnavailable):
        await here.conductor.start(ask())
    assert planner.closed == 1
    assert here.conductor.under_way == 0


async def test_a_client_that_leaves_before_the_first_word_leaves_nothing_behind(
    redis: Redis, opened: AsyncExitStack
):
    planner = ScriptedPlanner(asyncio.Event())
    here = await gateway(opened, redis, planner)
    starting = asyncio.create_task(here.conductor.start(ask()))
    await planner.was_asked.wait()
    starting.cancel()
    await asyncio.wait([starting])
    assert (planner.closed, here.conductor.under_way) == (1, 0)


async def test_one_response_too_many_is_refused_and_the_others_go_on(redis: Redis, opened: AsyncExitStack):
    goes_on = asyncio.Event()
    here = await gateway(opened, redis, ScriptedPlanner(says("a"), goes_on, PLAN_DONE), most=1)
    await here.conductor.start(ask())
    with pytest.raises(Overloaded) as refused:
        await here.conductor.start(ask("resp_2"))
    assert refused.value.retry_after_s is not None
    goes_on.set()
    assert (await here.read()).state == "completed"
    await here.idle()
    await here.conductor.start(ask("resp_2"))
    await here.read("resp_2")


@pytest.mark.parametrize("where", ["the same process", "another process"])
async def test_a_cancelled_response_stops_planner_and_pool(redis: Redis, opened: AsyncExitStack, where: str):
    planner, pool = ScriptedPlanner(*STORY[:-1], asyncio.Event()), FakePool(draws=False)
    here = await gateway(opened, redis, planner, pool)
    other = await gateway(opened, redis, ScriptedPlanner(), FakePool(gateway_id="gw_2"))
    await here.conductor.start(ask(background=True))
    await pool.submitted.wait()
    await (here if where == "the same process" else other).conductor.cancel("resp_1")
    document = await other.read()
    assert document.state == "cancelled"
    assert [picture.state for picture in document.pictures] == ["cancelled", "cancelled"]
    assert (planner.closed, pool.cancelled) == (1, ["resp_1"])


async def test_cancelling_what_has_ended_changes_nothing(redis: Redis, opened: AsyncExitStack):
    here = await gateway(opened, redis, ScriptedPlanner(*STORY))
    await here.conductor.start(ask())
    await here.read()
    await here.idle()
    await here.conductor.cancel("resp_1")
    await here.conductor.cancel("resp_unknown")
    assert (await here.read()).state == "completed"


async def test_a_foreground_response_that_nobody_reads_is_cancelled(redis: Redis, opened: AsyncExitStack):
    planner, pool = ScriptedPlanner(*STORY[:-1], asyncio.Event()), FakePool(draws=False)
    here = await gateway(opened, redis, planner, pool)
    await here.conductor.start(ask())
    async with aclosing(here.follower.follow("resp_1")) as events:
        await anext(events)
    await here.idle()
    assert (await here.read()).state == "cancelled"
    assert (planner.closed, pool.cancelled) == (1, ["resp_1"])


async def test_a_response_read_in_another_process_goes_on(redis: Redis, opened: AsyncExitStack):
    goes_on = asyncio.Event()
    planner = ScriptedPlanner(says("a"), goes_on, says(" b"), PLAN_DONE)
    here = await gateway(opened, redis, planner, patience=replace(QUICK, reader_grace_s=0.5))
    other = await gateway(opened, redis, ScriptedPlanner(), FakePool(gateway_id="gw_2"))
    await here.conductor.start(ask())
    reading = asyncio.create_task(other.read())
    # Ten times the grace in beats of the owner.
    asyncio.get_running_loop().call_later(2, goes_on.set)
    assert (await reading).state == "completed"


async def test_a_response_read_in_a_process_whose_event_loop_is_busy_goes_on(
    redis: Redis, redis_url: str, opened: AsyncExitStack
):
    goes_on = asyncio.Event()
    planner = ScriptedPlanner(says("a"), goes_on, says(" b"), PLAN_DONE)
    here = await gateway(opened, redis, planner, patience=replace(QUICK, reader_grace_s=0.3))
    # Of such a process nothing is at work but the thread that keeps its leases.
    busy = Leases(redis, "gw_2", QUICK.owner_lost_s)
    busy.reads = lambda: ("resp_1",)
    await opened.enter_async_context(kept_by_thread(busy, lambda: connect(redis_url)))
    await here.conductor.start(ask())
    asyncio.get_running_loop().call_later(2, goes_on.set)
    await here.idle()
    assert (await here.read()).state == "completed"


async def test_after_an_outage_readers_have_as_long_as_a_lease_to_say_that_they_read(
    redis: Redis, opened: AsyncExitStack
):
    planner = ScriptedPlanner(says("a"), asyncio.Event())
    here = await gateway(opened, redis, planner, patience=replace(QUICK, reader_grace_s=0.1))
    await redis.config_set("maxmemory", 1)
    try:
        await eventually(lambda: asyncio.sleep(0, not here.leases.is_writable))
    finally:
        await redis.config_set("maxmemory", 0)
    await here.conductor.start(ask())
    await asyncio.sleep(QUICK.owner_lost_s / 2)
    assert here.conductor.under_way == 1
    await here.idle()
    assert (await here.read()).state == "cancelled"


async def test_a_background_response_needs_no_reader(redis: Redis, opened: AsyncExitStack):
    goes_on = asyncio.Event()
    planner = ScriptedPlanner(says("a"), goes_on, says(" b"), PLAN_DONE)
    here = await gateway(opened, redis, planner, patience=replace(QUICK, reader_grace_s=0.2))
    await here.conductor.start(ask(background=True))
    asyncio.get_running_loop().call_later(1, goes_on.set)
    await here.idle()
    assert (await here.read()).state == "completed"


async def test_an_overdue_response_ends_with_what_it_has(redis: Redis, opened: AsyncExitStack):
    planner = ScriptedPlanner(says("a"), slot(0), asyncio.Event())
    here = await gateway(opened, redis, planner, FakePool(draws=False), replace(QUICK, response_s=0.3))
    await here.conductor.start(ask())
    document = await here.read()
    assert (document.state, document.error_code) == ("failed", "deadline")
    assert document.error_message is not None
    assert re.fullmatch(
        r"The answer was not complete after 0\.\d s; it may take 0\.3 s\.", document.error_message
    )
    assert (document.pictures[0].code, document.pictures[0].message) == ("deadline", document.error_message)
    assert planner.closed == 1


async def test_at_shutdown_a_response_may_finish(redis: Redis, opened: AsyncExitStack):
    goes_on = asyncio.Event()
    here = await gateway(opened, redis, ScriptedPlanner(says("a"), goes_on, PLAN_DONE))
    await here.conductor.start(ask())
    draining = asyncio.create_task(here.conductor.drain(20))
    await asyncio.sleep(0)
    with pytest.raises(ShuttingDown):
        await here.conductor.start(ask("resp_2"))
    goes_on.set()
    await draining
    assert (await here.read()).state == "completed"


async def test_at_shutdown_a_response_that_takes_too_long_is_left_to_another_process_with_its_jobs(
    redis: Redis, opened: AsyncExitStack
):
    leaving, pool = ScriptedPlanner(says("a"), slot(0), asyncio.Event()), FakePool(draws=False)
    here = await gateway(opened, redis, leaving, pool)
    await here.conductor.start(ask())
    await pool.submitted.wait()
    reading = asyncio.create_task(here.read())
    await here.conductor.drain(0.1)
    assert (leaving.closed, pool.cancelled, here.conductor.under_way) == (1, [], 0)
    planner, adopting = ScriptedPlanner(says("a"), slot(0), says("b"), PLAN_DONE), FakePool(gateway_id="gw_2")
    await gateway(opened, redis, planner, adopting)
    document = await reading
    assert document.state == "completed"
    assert [item.text for item in document.items if isinstance(item, Text)] == ["a", "b"]
    assert [job.id for job in adopting.jobs] == [pool.jobs[0].id]
    assert adopting.jobs[0].reply_to == "gw_1"


async def test_a_deleted_response_is_given_up_by_its_owner(redis: Redis, opened: AsyncExitStack):
    goes_on = asyncio.Event()
    planner, pool = ScriptedPlanner(slot(0), goes_on, says("b"), asyncio.Event()), FakePool(draws=False)
    here = await gateway(opened, redis, planner, pool)
    await here.conductor.start(ask(background=True))
    await pool.submitted.wait()
    await here.ledger.delete("resp_1")
    goes_on.set()
    await here.idle()
    assert (planner.closed, pool.cancelled) == (1, ["resp_1"])
