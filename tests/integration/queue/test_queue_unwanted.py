"""What nobody wants any more, cancelled or overdue, costs its tenant no turns and the pool no places."""

from __future__ import annotations

import time

import pytest

from tests.integration.queue.jobs import POOL, a_job
from tests.integration.queue.test_queue_turns import a_consumer, drawn, put
from visualizer_service.errors import QueueFull
from visualizer_service.queue.keys import Keys
from visualizer_service.queue.submitter import Queue

pytestmark = pytest.mark.integration

KEYS = Keys(POOL)


@pytest.fixture
async def queue(redis):
    return Queue(redis, POOL)


async def until_drawn(worker, job_id: str) -> list[str]:
    """Whose jobs come until this one does."""
    before = []
    while (job := (await drawn(worker, 1))[0]).id != job_id:
        before.append(job.tenant)
    return before


async def test_jobs_marked_as_cancelled_take_no_turns(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 1, tenant="other")
    await put(queue, 20, tenant="hasty", response="old")
    await put(queue, 30, tenant="other")
    # As a gateway of a release that takes none of them out of line.
    await redis.set(KEYS.cancel("old"), 1)
    (again,) = await put(queue, 1, tenant="hasty", response="new")

    before = await until_drawn(worker, again.id)

    assert before.count("hasty") == 20
    assert before.count("other") <= 2


async def test_overdue_jobs_take_no_turns(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 1, tenant="other")
    await put(queue, 20, tenant="late", deadline=time.time() - 5)
    await put(queue, 30, tenant="other")
    (again,) = await put(queue, 1, tenant="late")

    before = await until_drawn(worker, again.id)

    assert before.count("late") == 20
    assert before.count("other") <= 2


async def test_cancelled_jobs_leave_their_lines_at_once_and_others_stay(redis, queue):
    worker = await a_consumer(redis, "a")
    (first,) = await put(queue, 1, tenant="other")
    await put(queue, 4, tenant="hasty", response="old")
    kept = await put(queue, 2, tenant="hasty", response="kept", job_class="batch")

    await queue.cancel("old")

    assert await queue.waiting_of_tenants() == {"hasty": 2}
    assert sum((await queue.waiting()).values()) == 3
    assert [job.id for job in await drawn(worker, 3)] == [first.id, *(job.id for job in kept)]


async def test_overdue_jobs_make_room_where_all_is_full(redis, queue):
    await put(queue, 1)
    await put(queue, 4, deadline=time.time() - 5)

    await queue.enqueue(a_job(), 5)

    assert sum((await queue.waiting()).values()) == 2


async def test_wanted_jobs_make_none(redis, queue):
    await put(queue, 5)
    with pytest.raises(QueueFull):
        await queue.enqueue(a_job(), 5)


async def test_jobs_of_a_release_that_says_neither_response_nor_deadline_are_wanted_and_pay(redis, queue):
    worker = await a_consumer(redis, "a")
    await put(queue, 1, tenant="other")
    old = [a_job(tenant="old", response="old") for _ in range(3)]
    await put(queue, 3, tenant="old", response="old")
    await redis.delete(KEYS.line("old", "interactive"))
    for job in old:
        await redis.xadd(KEYS.line("old", "interactive"), {"job": job.model_dump_json(), "cost": 1.0})
    await put(queue, 3, tenant="other")

    await queue.cancel("old")

    assert await queue.waiting_of_tenants() == {"old": 3, "other": 3}
    assert sorted(job.id for job in await drawn(worker, 7) if job.tenant == "old") == sorted(
        job.id for job in old
    )
