"""Tenants take turns at the workers, by what their jobs cost and what their shares are."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from tests.integration.queue.jobs import POOL, a_job
from visualizer_service.errors import QueueFull
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.keys import Keys
from visualizer_service.queue.line import Line
from visualizer_service.queue.submitter import Queue
from visualizer_service.wire import Job

pytestmark = pytest.mark.integration


@pytest.fixture
async def queue(redis):
    return Queue(redis, POOL)


async def a_consumer(redis, name: str) -> Consumer:
    consumer = Consumer(redis, POOL, name, lease_s=30)
    await consumer.open()
    return consumer


async def put(queue: Queue, count: int, **fields: object) -> list[Job]:
    jobs = [a_job(**fields) for _ in range(count)]
    for job in jobs:
        await queue.enqueue(job, None)
    return jobs


async def drawn(consumer, count: int) -> list[Job]:
    """The next jobs in the order in which a worker gets them, each settled before the next."""
    jobs = []
    for _ in range(count):
        (claim,) = await consumer.claim(1, wait=False)
        await consumer.settle(claim, [])
        jobs.append(claim.job)
    return jobs


async def test_a_quiet_tenant_waits_for_one_picture_of_a_noisy_one_and_no_more(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 50, tenant="noisy")
    (quiet,) = await put(queue, 1, tenant="quiet")

    assert quiet.id in [job.id for job in await drawn(worker, 2)]


async def test_tenants_are_drawn_for_by_their_shares(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 40, tenant="one")
    await put(queue, 40, tenant="three", share=3)

    served = Counter(job.tenant for job in await drawn(worker, 40))

    assert abs(served["three"] - 30) <= 2


async def test_large_pictures_count_for_more_than_small_ones(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 40, tenant="large", width_px=1024, height_px=1024)
    await put(queue, 40, tenant="small", width_px=512, height_px=512)

    served = Counter(job.tenant for job in await drawn(worker, 25))

    assert abs(served["large"] - 5) <= 2


async def test_whoever_was_away_has_saved_up_no_turns(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 60, tenant="busy")
    await drawn(worker, 30)
    await put(queue, 30, tenant="back")

    served = Counter(job.tenant for job in await drawn(worker, 20))

    assert abs(served["back"] - 10) <= 2


async def test_one_tenants_jobs_come_in_their_order_interactive_before_batch(redis, queue):
    worker = await a_consumer(redis, "a")
    first = await put(queue, 3)
    batch = await put(queue, 2, job_class="batch")
    later = await put(queue, 2)

    got = [job.id for job in await drawn(worker, 7)]

    assert got == [job.id for job in (*first, *later, *batch)]


async def test_nobodys_job_is_lost_or_comes_twice_among_many_workers(redis, queue):
    workers = [await a_consumer(redis, name) for name in "abcd"]
    wanted = {job.id for tenant in ("x", "y", "z") for job in await put(queue, 20, tenant=tenant)}
    got: list[str] = []

    async def work(worker) -> None:
        while claims := await worker.claim(1, wait=False):
            got.extend(claim.job.id for claim in claims)
            for claim in claims:
                await worker.settle(claim, [])

    await asyncio.gather(*map(work, workers))

    assert sorted(got) == sorted(wanted)
    assert await queue.waiting_of_tenants() == {}
    assert await redis.keys(f"{Keys('default').lines[-1]}*") == []


async def test_what_waits_in_lines_counts_as_waiting(redis, queue):
    await put(queue, 3, tenant="noisy")
    await put(queue, 2, tenant="quiet", job_class="batch")
    standings = await Line(redis, POOL).standings()

    assert (await queue.waiting())["interactive"] == 3
    assert sum((await queue.waiting()).values()) == 5
    assert await Line(redis, POOL).of_tenants() == {
        "noisy": {"interactive": 3, "batch": 0},
        "quiet": {"interactive": 0, "batch": 2},
    }
    assert sum(standing.waiting for standing in standings.values()) == 5
    with pytest.raises(QueueFull):
        await queue.enqueue(a_job(), 5)


async def test_a_worker_of_a_release_without_lines_gets_every_job_all_the_same(redis, queue):
    await put(queue, 5, tenant="noisy")
    await queue.enqueue(a_job(tenant="quiet"), None, has_lines=False)

    await queue.flatten()

    assert await redis.xlen(Keys(POOL).jobs("interactive")) == 6
    assert await queue.waiting_of_tenants() == {}
