import pytest
from redis.asyncio import Redis

from visualizer_service.client import PERMISSIVE, Pool
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import Limits, WorkerInfo

pytestmark = pytest.mark.integration

LIMITS = Limits(default_size=(64, 64), most_references=1, default_steps=4, most_steps=8)


def a_worker(name: str) -> WorkerInfo:
    return WorkerInfo(
        id=name,
        pool="test",
        model="m",
        device="cpu",
        simulated=True,
        slots=1,
        active=0,
        draining=False,
        limits=LIMITS,
    )


@pytest.fixture
def pool(redis: Redis) -> Pool:
    return Pool(redis, "test", "gateway")


async def test_workers_are_seen_while_they_beat_and_their_limits_outlive_them(redis, pool):
    registry = Registry(redis, "test")
    assert await pool.workers() == []
    assert await pool.limits() == PERMISSIVE
    await registry.beat(a_worker("a"), ttl_s=60)
    await registry.beat(a_worker("b"), ttl_s=60)
    assert await pool.workers() == [a_worker("a"), a_worker("b")]
    await registry.leave("a")
    await redis.delete("viz:{test}:worker:b")
    assert await pool.workers() == []
    assert await redis.smembers("viz:{test}:workers") == set()
    assert await pool.limits() == LIMITS


async def test_a_worker_learns_with_its_beat_that_it_is_to_leave(redis, pool):
    registry = Registry(redis, "test")
    assert not await pool.drain("a")
    assert not await registry.beat(a_worker("a"), ttl_s=60)
    assert not await registry.beat(a_worker("b"), ttl_s=60)

    assert await pool.drain("a")

    assert await registry.beat(a_worker("a"), ttl_s=60)
    assert not await registry.beat(a_worker("b"), ttl_s=60)
    await registry.leave("a")
    assert await redis.keys("*:leave") == []


async def test_pools_do_not_see_each_other(redis, pool):
    await Registry(redis, "other").beat(a_worker("a"), ttl_s=60)
    assert await pool.workers() == []


async def test_limits_that_were_seen_hold_while_redis_has_forgotten_all_workers(redis, pool, monkeypatch):
    monkeypatch.setattr("visualizer_service.client.BELIEVED_S", 0)
    registry = Registry(redis, "test")
    await registry.beat(a_worker("a"), ttl_s=60)
    await pool.limits()
    await redis.flushall()
    assert await pool.limits() == LIMITS
    # A worker that comes later may draw something else.
    other = LIMITS.model_copy(update={"default_size": (32, 32)})
    await registry.beat(a_worker("b").model_copy(update={"limits": other}), ttl_s=60)
    assert await pool.limits() == other
