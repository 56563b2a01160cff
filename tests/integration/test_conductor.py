from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway import events as ev
from gateway.conductor import Conductor
from gateway.errors import Overloaded, PlannerUnavailable, ShuttingDown
from gateway.events import GatewayEvent
from gateway.fold import Document, Text, apply, fold
from gateway.follow import Follower
from gateway.ledger import Ledger, Written
from gateway.patience import Patience
from gateway.request import Request
from tests.fakes import PLAN_DONE, FakeBlobs, FakePool, ScriptedPlanner, ask, done, says, slot
from tests.integration.jobs import eventually
from tests.integration.quick import QUICK
from tests.redis_server import RedisServer
from visualizer_service.queue import connect

pytestmark = pytest.mark.integration

STORY = (says("One fox."), slot(0), slot(1, "img1"), says("The end."), PLAN_DONE)


class Gateway:
    """One gateway process's conductor and followers."""

    def __init__(
        self, redis: Redis, planner: ScriptedPlanner, pool: FakePool, patience: Patience, most: int
    ) -> None:
        self.ledger = Ledger(redis, 100)
        self.follower = Follower(self.ledger, patience, time.time)
        self.conductor = Conductor(planner, pool, FakeBlobs(), self.ledger, patience, time.time, most)

    async def read(self, id: str = "resp_1") -> Document:
        return await self.follower.ended(id)

    async def idle(self) -> None:
        """Wait until this process is at no response any more."""

        async def nothing_under_way() -> bool:
            return self.conductor.under_way == 0

        await eventually(nothing_under_way)


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


async def gateway(
    opened: AsyncExitStack,
    redis: Redis,
    planner: ScriptedPlanner,
    pool: FakePool | None = None,
    patience: Patience = QUICK,
    most: int = 10,
) -> Gateway:
    made = Gateway(redis, planner, pool or FakePool(), patience, most)
    await opened.enter_async_context(made.follower)
    await opened.enter_async_context(made.conductor)
    return made


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
    assert await here.ledger.record("resp_1") is None
    begins.set()
    await starting
    assert await here.ledger.record("resp_1") is not None
    await here.read()


async def test_a_planner_that_is_down_leaves_nothing_behind(redis: Redis, opened: AsyncExitStack):
    here = await gateway(opened, redis, ScriptedPlanner(PlannerUnavailable()))
    with pytest.raises(PlannerUnavailable):
        await here.conductor.start(ask())
    assert await here.ledger.record("resp_1") is None
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


async def test_at_shutdown_a_response_that_takes_too_long_ends_typed(redis: Redis, opened: AsyncExitStack):
    planner, pool = ScriptedPlanner(says("a"), slot(0), asyncio.Event()), FakePool(draws=False)
    here = await gateway(opened, redis, planner, pool)
    await here.conductor.start(ask())
    await pool.submitted.wait()
    await here.conductor.drain(0.1)
    document = await here.read()
    assert (document.state, document.error_code) == ("failed", "shutting_down")
    assert (planner.closed, pool.cancelled, here.conductor.under_way) == (1, ["resp_1"], 0)


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


async def test_a_response_whose_gateway_was_killed_is_ended_for_its_readers(redis: Redis, redis_url: str):
    command = [sys.executable, "-m", "tests.integration.gateway_process", redis_url, "gw_dies"]
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        async with Follower(Ledger(redis, 100), QUICK, time.time) as follower:
            readers = [asyncio.create_task(follower.ended("resp_1")) for _ in range(3)]
            async with aclosing(follower.follow("resp_1")) as events:
                await anext(events)
            process.kill()
            documents = await asyncio.gather(*readers)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
    assert documents[0] == documents[1] == documents[2]
    assert (documents[0].state, documents[0].error_code) == ("failed", "gateway_lost")
    assert documents[0].pictures[0].code == "gateway_lost"


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


async def test_an_answer_that_could_not_be_written_for_too_long_is_stopped_and_says_so(redis: Redis):
    goes_on = asyncio.Event()
    planner, pool = (
        ScriptedPlanner(says("a"), slot(0), goes_on, says("b"), asyncio.Event()),
        FakePool(draws=False),
    )
    ledger = UnwritableLedger(redis)
    patience = replace(QUICK, store_s=0.2)
    async with (
        Follower(ledger, patience, time.time) as follower,
        Conductor(planner, pool, FakeBlobs(), ledger, patience, time.time, 10) as conductor,
    ):
        await conductor.start(ask(background=True))
        await pool.submitted.wait()
        ledger.away = True
        goes_on.set()

        async def is_stopped() -> bool:
            return planner.closed == 1

        await eventually(is_stopped)
        ledger.away = False
        document = await follower.ended("resp_1")
    assert (document.state, document.error_code) == ("failed", "store_unavailable")
    assert [item.text for item in document.items if isinstance(item, Text)] == ["a", "b"]
    assert pool.cancelled == ["resp_1"]


@pytest.mark.parametrize("keeps_data", [True, False], ids=["with its data", "empty"])
async def test_a_restart_of_redis_mid_answer_ends_complete_or_typed(
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
    if keeps_data:
        assert document.state == "completed"
        assert document.pictures[0].state == "done"
        assert document == fold(event for _, event in await here.ledger.events("resp_1", 0))
    else:
        assert (document.state, document.error_code) == ("failed", "response_lost")
        assert document.pictures[0].code == "response_lost"
    await here.idle()
