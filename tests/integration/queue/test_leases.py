"""A lease that nobody could renew, because Redis took no writes, has not ended."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from tests.integration.queue.jobs import POOL, a_job
from visualizer_service.client import Pool
from visualizer_service.queue.connection import connect
from visualizer_service.queue.consumer import Claim, Consumer
from visualizer_service.queue.keys import GROUP, Keys

pytestmark = pytest.mark.integration

LEASE_S = 15.0


@pytest.fixture
async def impatient(redis: Redis, redis_url: str) -> AsyncIterator[Redis]:
    """A client that tries nothing twice."""
    async with connect(redis_url, patience_s=0) as client:
        yield client


async def a_consumer(redis: Redis, name: str, lease_s: float = LEASE_S) -> Consumer:
    consumer = Consumer(redis, POOL, name, lease_s)
    await consumer.open()
    return consumer


async def held_too_long(redis: Redis) -> tuple[Consumer, Claim]:
    """A worker with a claim whose lease is over."""
    worker = await a_consumer(redis, "a")
    await Pool(redis, POOL, "gateway").submit(a_job())
    [claim] = await worker.claim(1, wait=False)
    await redis.xclaim(claim.stream, GROUP, "a", 0, [claim.entry], idle=60_000, justid=True)
    return worker, claim


async def writable_for(redis: Redis, seconds: float) -> None:
    """As if Redis had taken writes for so long."""
    now_s, _ = await redis.time()
    await redis.set(Keys(POOL).writable, round((now_s - seconds) * 1000), px=60_000)


async def test_a_redis_that_is_full_lets_nobody_take_over_what_cannot_be_renewed(redis, impatient):
    worker, claim = await held_too_long(impatient)
    other = await a_consumer(impatient, "b")
    await writable_for(redis, LEASE_S)
    await redis.config_set("maxmemory", 1)
    try:
        with pytest.raises(ResponseError, match="OOM"):
            await worker.report([(claim, [])], renew=True)
        with pytest.raises(ResponseError, match="OOM"):
            await other.recover(8, [])
    finally:
        await redis.config_set("maxmemory", 0)
    assert await worker.report([(claim, [])], renew=True) == ["held"]


async def test_a_lease_ends_only_once_redis_has_taken_writes_for_half_of_one(redis):
    await held_too_long(redis)
    other = await a_consumer(redis, "b")
    assert await other.recover(8, []) == []
    await writable_for(redis, LEASE_S / 2 - 3)
    assert await other.recover(8, []) == []
    await writable_for(redis, LEASE_S / 2 + 1)
    assert [claim.attempt for claim in await other.recover(8, [])] == [2]


async def test_whoever_reports_says_that_redis_takes_writes(redis):
    worker, claim = await held_too_long(redis)
    await worker.report([(claim, [])], renew=True)
    assert await redis.exists(Keys(POOL).writable)


async def test_a_clock_that_was_set_back_keeps_no_job_for_ever(redis):
    await held_too_long(redis)
    other = await a_consumer(redis, "b")
    await writable_for(redis, -3600)
    await other.recover(8, [])
    since_ms = int(await redis.get(Keys(POOL).writable))
    now_s, _ = await redis.time()
    assert since_ms <= (now_s + 1) * 1000
