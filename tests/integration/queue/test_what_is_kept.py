"""Redis holds what some answer may still need of replies and jobs, and no more."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from tests.integration.queue.jobs import POOL, a_job, eventually
from visualizer_service.client import Pool
from visualizer_service.queue.keys import Keys
from visualizer_service.queue.submitter import Queue

pytestmark = pytest.mark.integration

MAILBOX = f"viz:{{{POOL}}}:replies:gateway"
# Redis throws away nodes of so many entries, whole.
A_NODE = 100


async def filled(redis: Redis, replies: int) -> None:
    """One reply a second, from the first second of 1970 on."""
    async with redis.pipeline() as pipeline:
        for second in range(1, replies + 1):
            pipeline.xadd(MAILBOX, {"reply": "{}"}, id=f"{second * 1000}-0")
        await pipeline.execute()


async def test_replies_that_no_answer_can_need_are_thrown_away(redis):
    await filled(redis, 1000)
    queue = Queue(redis, POOL)

    await queue.forget_replies("gateway", "1000000-0", older_than_s=300)

    (oldest, _), *others = await redis.xrange(MAILBOX)
    assert 700 - A_NODE <= int(oldest.partition(b"-")[0]) / 1000 <= 700
    assert len(others) < 300 + A_NODE


@pytest.mark.parametrize("after", ["0-0", "200000-0"])
async def test_nothing_is_thrown_away_of_the_time_that_an_answer_may_take(redis, after):
    await filled(redis, 1000)
    await Queue(redis, POOL).forget_replies("gateway", after, older_than_s=300)
    assert await redis.xlen(MAILBOX) == 1000


async def test_a_gateway_throws_away_what_it_has_read_for_as_long_as_it_is_there(redis, monkeypatch):
    monkeypatch.setattr("visualizer_service.client.FORGET_EVERY_S", 0.01)
    await filled(redis, 1000)
    async with Pool(redis, POOL, "gateway", answers_s=300):
        await redis.xadd(MAILBOX, {"reply": "{}"})

        async def is_short() -> bool:
            return await redis.xlen(MAILBOX) <= A_NODE

        await eventually(is_short)


async def test_it_is_known_which_jobs_were_submitted_for_as_long_as_an_answer_may_take(redis):
    async with Pool(redis, POOL, "gateway", answers_s=300) as pool:
        await pool.submit(job := a_job())
        await pool.submit(job)
        assert (await pool.waiting())["interactive"] == 1
        assert 299 < await redis.ttl(Keys(POOL).seen(job.id)) <= 300
