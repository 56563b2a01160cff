"""How a line stands is read without touching it."""

import pytest
from redis.asyncio import Redis

from tests.integration.queue.jobs import POOL, a_job, backlog
from tests.integration.queue.test_queue_affinity import FOX, a_beating_consumer
from visualizer_service.client import Pool
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.line import UNKNOWN_TENANT, Line, Standing
from visualizer_service.wire import Cancelled

pytestmark = pytest.mark.integration

NOBODY = Standing(0, 0.0)


@pytest.fixture
def pool(redis: Redis) -> Pool:
    return Pool(redis, POOL, "gateway")


async def age(redis: Redis, stream: str, seconds: float) -> None:
    """Put the one job of a stream in line again, as if it had been there for so long."""
    [(_, fields)] = await redis.xrange(stream)
    now_s, _ = await redis.time()
    await redis.delete(stream)
    await redis.xadd(stream, fields, id=f"{int((now_s - seconds) * 1000)}-0")


async def test_a_line_that_nobody_stands_in_is_empty_also_before_there_is_any(redis: Redis) -> None:
    standings = await Line(redis, POOL).standings()
    assert standings == dict.fromkeys(("returned", "interactive", "batch", "near"), NOBODY)


async def test_jobs_are_counted_by_class_with_the_age_of_the_oldest(redis: Redis, pool: Pool) -> None:
    await pool.submit(a_job())
    await age(redis, f"viz:{{{POOL}}}:jobs:interactive", 100)
    await pool.submit(a_job())
    await pool.submit(a_job(job_class="batch"))
    standings = await Line(redis, POOL).standings()
    assert {name: standing.waiting for name, standing in standings.items()} == {
        "returned": 0,
        "interactive": 2,
        "batch": 1,
        "near": 0,
    }
    assert 98 < standings["interactive"].oldest_s < 130
    assert standings["batch"].oldest_s < 30


async def test_what_a_worker_has_claimed_waits_no_more_and_the_next_is_the_oldest(
    redis: Redis, pool: Pool
) -> None:
    await pool.submit(a_job())
    await age(redis, f"viz:{{{POOL}}}:jobs:interactive", 100)
    await pool.submit(a_job())
    consumer = Consumer(redis, POOL, "a", 15)
    await consumer.open()
    [claim] = await consumer.claim(1, wait=False)
    standing = (await Line(redis, POOL).standings())["interactive"]
    assert standing.waiting == 1
    assert standing.oldest_s < 30
    await consumer.settle(claim, [Cancelled()])
    await consumer.claim(1, wait=False)
    assert (await Line(redis, POOL).standings())["interactive"] == NOBODY


async def test_jobs_kept_for_one_worker_are_counted_too(redis: Redis, pool: Pool) -> None:
    await a_beating_consumer(redis, "b", holds=(FOX,))
    await pool.submit(a_job(references=(FOX,)))
    assert (await Line(redis, POOL).standings())["near"].waiting == 1


async def test_reading_takes_no_job_away(redis: Redis, pool: Pool) -> None:
    await pool.submit(a_job())
    await Line(redis, POOL).standings()
    assert await backlog(pool) == 1


async def test_a_job_that_cannot_be_read_counts_as_nobody_knows_whose(redis: Redis, pool: Pool) -> None:
    await pool.submit(a_job(tenant="acme"))
    await redis.xadd(f"viz:{{{POOL}}}:jobs:interactive", {"job": "{}", "tries": 0})
    assert await Line(redis, POOL).of_tenants() == {
        "acme": {"interactive": 1, "batch": 0},
        UNKNOWN_TENANT: {"interactive": 1, "batch": 0},
    }
