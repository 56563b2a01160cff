"""A job goes to a worker that holds its references, while that has room; and to anybody else if it does not come for it."""

import pytest
from redis.asyncio import Redis

from tests.integration.queue.jobs import POOL, a_job, backlog
from tests.integration.queue.test_queue_registry import a_worker
from visualizer_service.client import Pool
from visualizer_service.queue import consumer
from visualizer_service.queue.affinity import nearest
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import Cancelled

pytestmark = pytest.mark.integration

FOX, SEA = "a" * 64, "b" * 64


@pytest.fixture
def pool(redis: Redis) -> Pool:
    return Pool(redis, POOL, "gateway")


async def a_beating_consumer(
    redis: Redis, name: str, lease_s: float = 15.0, near_wait_s: float = 60.0, **told
) -> Consumer:
    consumer = Consumer(redis, POOL, name, lease_s, near_wait_s)
    await consumer.open()
    await Registry(redis, POOL).beat(a_worker(name).model_copy(update=told), ttl_s=60)
    return consumer


async def test_a_job_goes_to_the_worker_that_holds_its_reference(redis, pool):
    stranger = await a_beating_consumer(redis, "a")
    holder = await a_beating_consumer(redis, "b", holds=(FOX,))
    job = a_job(references=(FOX,))
    await pool.submit(job)
    assert await stranger.claim(4, wait=False) == []
    [claim] = await holder.claim(4, wait=False)
    assert claim.job == job
    assert await holder.settle(claim, [Cancelled()])
    assert await backlog(pool) == 0


async def test_a_waiting_worker_gets_what_is_meant_for_it_as_it_comes(redis, pool):
    holder = await a_beating_consumer(redis, "b", holds=(FOX,))
    await pool.submit(a_job(references=(FOX,)))
    assert len(await holder.claim(1, wait=True)) == 1


async def test_beyond_the_room_of_the_worker_jobs_go_to_all(redis, pool):
    stranger = await a_beating_consumer(redis, "a")
    holder = await a_beating_consumer(redis, "b", holds=(FOX,), slots=2)
    for _ in range(3):
        await pool.submit(a_job(references=(FOX,)))
    assert (await pool.waiting())["near"] == 2
    assert len(await stranger.claim(4, wait=False)) == 1
    assert len(await holder.claim(4, wait=False)) == 2


async def test_a_job_that_its_worker_leaves_waiting_goes_to_another(redis, pool):
    stranger = await a_beating_consumer(redis, "a", near_wait_s=0)
    await a_beating_consumer(redis, "b", holds=(FOX,))
    job = a_job(references=(FOX,))
    await pool.submit(job)
    await stranger.recover(4, [])
    [claim] = await stranger.claim(4, wait=False)
    assert claim.job == job
    assert claim.attempt == 1


async def test_what_waits_for_a_dead_worker_goes_to_another_at_once(redis, pool):
    stranger = await a_beating_consumer(redis, "a")
    await a_beating_consumer(redis, "b", holds=(FOX,))
    await pool.submit(a_job(references=(FOX,)))
    await redis.delete(f"viz:{{{POOL}}}:worker:b")
    await stranger.recover(4, [])
    assert len(await stranger.claim(4, wait=False)) == 1


async def test_what_a_dead_worker_holds_is_taken_over_when_its_lease_ends(redis, pool):
    holder = await a_beating_consumer(redis, "b", holds=(FOX,))
    await pool.submit(a_job(references=(FOX,)))
    [lost] = await holder.claim(4, wait=False)
    heir = await a_beating_consumer(redis, "a", lease_s=0)
    [claim] = await heir.recover(4, [])
    assert claim.attempt == 2
    assert not await holder.settle(lost, [Cancelled()])
    assert await heir.settle(claim, [Cancelled()])


async def test_a_worker_that_leaves_leaves_nothing_behind(redis, pool):
    stranger = await a_beating_consumer(redis, "a")
    holder = await a_beating_consumer(redis, "b", holds=(FOX,), slots=4)
    for _ in range(2):
        await pool.submit(a_job(references=(FOX,)))
    [claim] = await holder.claim(1, wait=False)
    assert await holder.give_back(claim, counted=False)
    await holder.close()
    assert not await redis.exists(f"viz:{{{POOL}}}:jobs:near:b")
    assert [claim.attempt for claim in await stranger.claim(4, wait=False)] == [1, 1]


@pytest.fixture
def all_gone_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no heartbeat has been away for long enough."""
    monkeypatch.setattr(consumer, "_GONE_AFTER_LEASES", -1, raising=False)
    monkeypatch.setattr(consumer, "_LEAST_GONE_MS", -1, raising=False)


@pytest.mark.usefixtures("all_gone_at_once")
async def test_streams_of_workers_that_died_are_gone_and_of_those_alive_they_stay(redis, pool):
    heir = await a_beating_consumer(redis, "a")
    for name in "bcd":
        await a_beating_consumer(redis, name)
    await redis.delete(f"viz:{{{POOL}}}:worker:b", f"viz:{{{POOL}}}:worker:c")
    await heir.recover(4, [])
    assert await redis.smembers(f"viz:{{{POOL}}}:jobs:near") == {b"a", b"d"}
    assert not await redis.exists(f"viz:{{{POOL}}}:jobs:near:b")


@pytest.mark.usefixtures("all_gone_at_once")
async def test_what_a_dead_worker_holds_keeps_its_stream(redis, pool):
    holder = await a_beating_consumer(redis, "b", holds=(FOX,))
    await pool.submit(a_job(references=(FOX,)))
    [claim] = await holder.claim(4, wait=False)
    await redis.delete(f"viz:{{{POOL}}}:worker:b")
    await (await a_beating_consumer(redis, "a")).recover(4, [])
    assert await holder.settle(claim, [Cancelled()])


@pytest.mark.usefixtures("all_gone_at_once")
async def test_a_worker_that_was_taken_for_dead_makes_its_stream_anew(redis, pool):
    sleeper = await a_beating_consumer(redis, "b", holds=(FOX,))
    await redis.delete(f"viz:{{{POOL}}}:worker:b")
    await (await a_beating_consumer(redis, "a")).recover(4, [])
    assert await sleeper.claim(4, wait=False) == []
    await a_beating_consumer(redis, "b", holds=(FOX,))
    await pool.submit(a_job(references=(FOX,)))
    assert (await pool.waiting())["near"] == 1
    assert len(await sleeper.claim(4, wait=False)) == 1


async def test_a_job_without_a_holder_goes_to_all(redis, pool):
    stranger = await a_beating_consumer(redis, "a", holds=(SEA,))
    await pool.submit(a_job(references=(FOX,)))
    assert len(await stranger.claim(4, wait=False)) == 1


def test_the_worker_that_holds_most_comes_first_and_the_full_and_leaving_are_left_out():
    def told(name: str, **changes):
        return a_worker(name).model_copy(update={"slots": 2} | changes)

    workers = [
        told("one", holds=(FOX,)),
        told("both", holds=(FOX, SEA)),
        told("full", holds=(FOX, SEA), active=2),
        told("leaving", holds=(FOX, SEA), draining=True),
        told("busier", holds=(FOX,), active=1),
        told("none"),
    ]
    assert [worker.id for worker in nearest(a_job(references=(FOX, SEA)), workers)] == ["both", "one"]
