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
from gateway.answer.document import Document, Text, apply, fold
from gateway.answer.events import GatewayEvent
from gateway.answer.request import Request
from gateway.running.conductor import Conductor
from gateway.store.follow import Follower
from gateway.store.ledger import Ledger, Written
from tests.fakes import PLAN_DONE, FakeBlobs, FakePool, ScriptedPlanner, ask, done, says, slot
from tests.integration.gateway.conducting import gateway
from tests.integration.gateway.quick import QUICK
from tests.integration.queue.jobs import eventually
from tests.redis_server import RedisServer
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration


async def test_a_response_whose_gateway_was_killed_is_ended_for_its_readers(redis: Redis, redis_url: str):
    command = [sys.executable, "-m", "tests.integration.gateway.gateway_process", redis_url, "gw_dies"]
    root = Path(__file__).parents[3]
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
