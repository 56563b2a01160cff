"""What an answer becomes when its gateway or its store is lost in the middle of it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway.answer import events as ev
from gateway.answer.document import Document, Text
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import apply, fold
from gateway.answer.request import Request
from gateway.running.takeover import MOST_TAKEOVERS
from gateway.store import ledger_keys as keys
from gateway.store.leases import Leases
from gateway.store.ledger import Ledger, Written
from tests.fakes import PLAN_DONE, FakePool, ScriptedPlanner, ask, done, says, slot
from tests.integration.gateway.conducting import STORY, gateway
from tests.integration.gateway.quick import QUICK
from tests.integration.queue.jobs import eventually
from tests.redis_server import RedisServer
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration


async def test_a_response_whose_gateway_was_killed_is_gone_on_with_by_another(
    redis: Redis, redis_url: str, opened: AsyncExitStack
):
    command = [sys.executable, "-m", "tests.integration.gateway.gateway_process", redis_url, "gw_dies"]
    root = Path(__file__).parents[3]
    process = await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.PIPE)
    planner = ScriptedPlanner(says("Once"), slot(0), says("upon"), slot(1), PLAN_DONE)
    pool = FakePool(gateway_id="gw_goes_on")
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        here = await gateway(opened, redis, planner, pool)
        readers = [asyncio.create_task(here.read()) for _ in range(3)]
        async with aclosing(here.follower.follow("resp_1")) as events:
            await anext(events)
        process.kill()
        documents = await asyncio.gather(*readers)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
    assert documents[0] == documents[1] == documents[2]
    assert documents[0].state == "completed"
    assert [item.text for item in documents[0].items if isinstance(item, Text)] == ["Once", "upon"]
    assert [picture.state for picture in documents[0].pictures] == ["done", "done"]
    assert [job.reply_to for job in pool.jobs] == ["gw_dies", "gw_dies"]
    assert documents[0] == fold(event for _, event in await here.ledger.events("resp_1", 0))


async def test_a_response_to_be_cancelled_when_its_gateway_died_is_cancelled_by_the_next(
    redis: Redis, opened: AsyncExitStack
):
    ledger = Ledger(redis, 100)
    await ledger.create(ask(), "gw_gone")
    await ledger.append(ask(), "gw_gone", 1, [ev.ResponseStarted(at=1), ev.PlanStarted(at=1)])
    await ledger.orders.cancel("resp_1")
    await Leases(redis, "gw_gone", 0.1).hold("resp_1")
    here = await gateway(opened, redis, ScriptedPlanner(*STORY))
    assert (await here.read()).state == "cancelled"


async def test_a_response_that_ends_each_of_its_gateways_is_ended_itself(
    redis: Redis, opened: AsyncExitStack
):
    ledger = Ledger(redis, 100)
    await ledger.create(ask(), "gw_0")
    await ledger.append(ask(), "gw_0", 1, [ev.ResponseStarted(at=1), ev.PlanStarted(at=1)])
    for number in range(MOST_TAKEOVERS):
        assert await ledger.take_over("resp_1", f"gw_{number}", f"gw_{number + 1}")
    await Leases(redis, f"gw_{MOST_TAKEOVERS}", 0.1).hold("resp_1")
    here = await gateway(opened, redis, ScriptedPlanner(*STORY))
    document = await here.read()
    assert (document.state, document.error_code) == ("failed", "gateway_lost")


async def test_an_owner_whose_takeover_redis_has_forgotten_takes_its_response_back(
    redis: Redis, opened: AsyncExitStack
):
    """What it had told since would otherwise be told anew, and differently, by whoever takes over next."""
    ledger = Ledger(redis, 100)
    await ledger.create(ask(background=True), "gw_gone")
    begun = [ev.ResponseStarted(at=time.time()), ev.PlanStarted(at=time.time())]
    await ledger.append(ask(background=True), "gw_gone", 1, begun)
    before = await redis.dump(keys.response("resp_1"))
    assert before is not None
    goes_on = asyncio.Event()
    planner = ScriptedPlanner(says("a"), slot(0), goes_on, says("b"), PLAN_DONE)
    await Leases(redis, "gw_gone", 0.1).hold("resp_1")
    pool = FakePool(draws=False, gateway_id="gw_owner")
    here = await gateway(opened, redis, planner, pool)
    await pool.submitted.wait()
    told = await ledger.events("resp_1", 0)
    await redis.delete(keys.events("resp_1"))
    await redis.restore(keys.response("resp_1"), 0, before, replace=True)
    goes_on.set()
    pool.say(pool.jobs[0], done(pool.jobs[0]))
    document = await here.read()
    assert document.state == "completed"
    standing = await ledger.standing("resp_1")
    assert standing is not None
    assert (standing.owner, standing.takeovers) == ("gw_owner", 1)
    assert (await ledger.events("resp_1", 0))[: len(told)] == told


class UnwritableLedger(Ledger):
    """Refuses to append for as long as `away` is set."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis, 100)
        self.away = False

    async def append(
        self, request: Request, owner: str, first: int, events: Sequence[GatewayEvent]
    ) -> Written:
        if self.away:
            raise ConnectionError("away")
        return await super().append(request, owner, first, events)


async def test_an_answer_that_cannot_be_written_for_a_long_time_is_whole_once_it_can(
    redis: Redis, opened: AsyncExitStack
):
    goes_on = asyncio.Event()
    planner, pool = ScriptedPlanner(says("a"), slot(0), goes_on, says("b"), PLAN_DONE), FakePool(draws=False)
    ledger = UnwritableLedger(redis)
    here = await gateway(opened, redis, planner, pool, replace(QUICK, store_s=0.1), ledger=ledger)
    await here.conductor.start(ask(background=True))
    await pool.submitted.wait()
    ledger.away = True
    goes_on.set()
    pool.say(pool.jobs[0], done(pool.jobs[0]))
    await asyncio.sleep(0.5)
    ledger.away = False
    document = await here.read()
    assert document.state == "completed"
    assert [item.text for item in document.items if isinstance(item, Text)] == ["a", "b"]


async def test_what_redis_has_forgotten_in_the_middle_is_written_anew_and_its_jobs_are_submitted_again(
    redis: Redis, opened: AsyncExitStack
):
    goes_on = asyncio.Event()
    planner, pool = ScriptedPlanner(says("a"), slot(0), goes_on, says("b"), PLAN_DONE), FakePool(draws=False)
    here = await gateway(opened, redis, planner, pool)
    await here.conductor.start(ask(background=True))
    await pool.submitted.wait()
    await redis.flushall()
    goes_on.set()

    async def is_submitted_again() -> bool:
        return len(pool.jobs) == 2

    await eventually(is_submitted_again)
    pool.say(pool.jobs[0], done(pool.jobs[0]))
    document = await here.read()
    assert document.state == "completed"
    assert [job.id for job in pool.jobs] == [pool.jobs[0].id] * 2


async def test_pictures_of_an_answer_that_was_over_are_drawn_again_when_redis_has_forgotten_them(
    tmp_path: Path, opened: AsyncExitStack
):
    server = RedisServer(tmp_path)
    server.start()
    opened.callback(server.stop)
    redis = await opened.enter_async_context(connect(server.url))
    pool = FakePool()
    here = await gateway(opened, redis, ScriptedPlanner(*STORY), pool, replace(QUICK, store_s=20))
    await here.conductor.start(ask(background=True))
    document = await here.read()
    await here.idle()
    drawn = {job.id for job in pool.jobs}
    pool.jobs.clear()
    server.stop()
    await asyncio.to_thread(server.start)

    async def are_drawn_again() -> bool:
        return {job.id for job in pool.jobs} == drawn

    await eventually(are_drawn_again)
    assert await here.read() == document


async def test_an_answer_is_not_cancelled_for_want_of_readers_while_redis_takes_no_writes(
    redis: Redis, opened: AsyncExitStack
):
    goes_on = asyncio.Event()
    planner = ScriptedPlanner(says("a"), goes_on, says("b"), PLAN_DONE)
    here = await gateway(opened, redis, planner)
    await here.conductor.start(ask())
    reading = asyncio.create_task(here.read())
    await redis.config_set("maxmemory", 1)
    try:
        # Readers' marks last shorter than the grace, and many beats go by.
        await asyncio.sleep(3 * QUICK.reader_grace_s)
    finally:
        await redis.config_set("maxmemory", 0)
    goes_on.set()
    assert (await reading).state == "completed"


@pytest.mark.parametrize("keeps_data", [True, False], ids=["with its data", "empty"])
async def test_a_restart_of_redis_mid_answer_leaves_it_whole(
    tmp_path: Path, opened: AsyncExitStack, keeps_data: bool
):
    server = RedisServer(tmp_path, keeps_data=keeps_data)
    server.start()
    opened.callback(server.stop)
    redis = await opened.enter_async_context(connect(server.url))
    goes_on = asyncio.Event()
    planner, pool = ScriptedPlanner(says("a"), slot(0), goes_on, says("b"), PLAN_DONE), FakePool(draws=False)
    here = await gateway(opened, redis, planner, pool, replace(QUICK, store_s=20))
    await here.conductor.start(ask())
    document = Document()
    restarted = False
    async with aclosing(here.follower.follow("resp_1")) as events:
        async for number, event in events:
            document = apply(document, event)
            if isinstance(event, ev.PictureQueued) and not restarted:
                restarted = True
                server.stop()
                pool.say(pool.jobs[0], done(pool.jobs[0]))
                goes_on.set()
                await asyncio.to_thread(server.start)
    assert document.state == "completed"
    assert document.pictures[0].state == "done"
    assert document == fold(event for _, event in await here.ledger.events("resp_1", 0))
    await here.idle()
