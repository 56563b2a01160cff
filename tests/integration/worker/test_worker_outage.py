import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.integration.queue.jobs import POOL, a_job, eventually, replies_to_the_end, until
from tests.redis_server import RedisServer
from tests.visualizer_process import VisualizerProcess
from visualizer_service.client import Pool, connect
from visualizer_service.wire import Done, Progress, Started

pytestmark = pytest.mark.integration


@pytest.fixture
def server(tmp_path, request) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, keeps_data=request.param)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def pool(server: RedisServer) -> AsyncIterator[Pool]:
    async with connect(server.url) as redis, Pool(redis, POOL, "gateway") as pool:
        yield pool


@pytest.fixture
def worker(server: RedisServer) -> Iterator[VisualizerProcess]:
    process = VisualizerProcess(server.url, LEASE_S=15, RENEW_S=4)
    yield process
    process.kill()


@pytest.mark.parametrize("server", [False], indirect=True)
async def test_a_worker_told_to_leave_while_redis_is_away_leaves_all_the_same(server, pool, worker):
    with pool.route("resp") as inbox:
        await pool.submit(a_job(steps=4))
        await until(Done, inbox)
    await asyncio.to_thread(server.stop)
    assert await asyncio.to_thread(worker.terminate) == 0


@pytest.mark.parametrize("server", [True], indirect=True)
async def test_a_job_survives_a_restart_of_redis_and_nothing_is_told_twice(server, pool, worker):
    with pool.route("resp") as inbox:
        await pool.submit(a_job(steps=40))
        started = await until(Started, inbox)
        await until(Progress, inbox)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        replies = await replies_to_the_end(inbox)
    assert isinstance(replies[-1].event, Done)
    assert {reply.attempt for reply in replies} == {started.attempt}
    steps = [reply.event.step for reply in replies if isinstance(reply.event, Progress)]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize("server", [False], indirect=True)
async def test_when_redis_comes_back_empty_new_jobs_are_drawn(server, pool, worker):
    with pool.route("resp") as inbox:
        await pool.submit(a_job(steps=40))
        await until(Started, inbox)
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
        await pool.submit(a_job(id="after"))
        reply = await until(Done, inbox)
    assert reply.job == "after"

    async def is_known_again() -> bool:
        return len(await pool.workers()) == 1

    await eventually(is_known_again)
    assert worker.terminate() == 0
