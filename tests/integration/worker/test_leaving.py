"""How a worker ends, and what becomes of the jobs that it was at."""

import asyncio

import pytest

from tests.gated_engine import FREELY
from tests.integration.queue.jobs import (
    FINAL,
    POOL,
    a_job,
    backlog,
    eventually,
    next_reply,
    replies_to_the_end,
    timeless,
    until,
)
from tests.integration.worker.bench import a_bench
from visualizer_service.client import Pool
from visualizer_service.errors import DeviceLost
from visualizer_service.wire import Cancelled, Done, Failed, Reply, Started

pytestmark = pytest.mark.integration


async def test_a_worker_that_lost_its_lease_writes_nothing_and_stops_drawing(bench):
    await bench.pool.submit(a_job())
    await until(Started, bench.inbox)
    thief = await bench.another(lease_s=0)
    [claim] = await thief.recover(1, [])
    bench.engine.allow(4)
    await eventually(bench.is_idle)
    assert await thief.settle(claim, [Cancelled()])
    [reply] = await replies_to_the_end(bench.inbox)
    assert (reply.attempt, timeless(reply.event)) == (2, Cancelled())
    bench.engine.allow(FREELY)
    assert isinstance(await bench.end_of(a_job()), Done)


async def test_told_to_leave_a_worker_finishes_what_it_draws_and_takes_nothing_new(bench):
    await bench.pool.submit(a_job())
    await until(Started, bench.inbox)
    bench.leave.set()
    await bench.pool.submit(a_job())
    bench.engine.allow(FREELY)
    await bench.working
    assert isinstance((await replies_to_the_end(bench.inbox))[-1].event, Done)
    assert await backlog(bench.pool) == 1
    assert await bench.pool.workers() == []


async def test_a_worker_that_an_operator_drains_finishes_what_it_draws_and_leaves(bench):
    await bench.pool.submit(a_job())
    await until(Started, bench.inbox)
    (worker,) = await bench.pool.workers()

    assert await bench.pool.drain(worker.id)
    await asyncio.wait_for(bench.leave.wait(), 20)
    bench.engine.allow(FREELY)
    await asyncio.wait_for(bench.working, 20)

    assert isinstance((await replies_to_the_end(bench.inbox))[-1].event, Done)
    assert await bench.pool.workers() == []


async def test_when_the_grace_time_is_over_jobs_go_to_another_worker_at_once_and_uncounted(redis):
    async with a_bench(redis, grace_s=0) as bench:
        await bench.pool.submit(a_job())
        await until(Started, bench.inbox)
        other = await bench.another()
        bench.leave.set()
        await bench.working
        [claim] = await other.claim(1, wait=False)
        assert claim.attempt == 1


async def test_when_the_engine_dies_its_jobs_go_on_as_counted_attempts_and_the_worker_ends(redis):
    async with a_bench(redis) as bench:
        await bench.pool.submit(a_job(description="die"))
        bench.engine.allow(FREELY)
        with pytest.RaisesGroup(DeviceLost):
            await bench.working
        [claim] = await (await bench.another()).claim(1, wait=False)
        assert claim.attempt == 2


async def test_a_picture_that_ends_every_worker_takes_no_other_along(redis):
    ends: dict[str, object] = {}

    async def collect(inbox: asyncio.Queue[Reply]) -> None:
        while len(ends) < 8:
            reply = await next_reply(inbox)
            if isinstance(reply.event, FINAL):
                ends[reply.job] = reply.event

    async with Pool(redis, POOL, "gateway") as pool:
        for number in range(8):
            await pool.submit(a_job(id=str(number), description="die" if number == 3 else "a fox"))
        while len(ends) < 8:
            async with a_bench(redis, slots=8, together=8) as bench:
                bench.engine.allow(FREELY)
                collecting = asyncio.create_task(collect(bench.inbox))
                await asyncio.wait({bench.working, collecting}, return_when=asyncio.FIRST_COMPLETED)
                collecting.cancel()
    assert timeless(ends.pop("3")) == Failed(code="poisoned")
    assert all(isinstance(end, Done) for end in ends.values())


async def test_an_engine_that_hangs_counts_as_dead(redis):
    async with a_bench(redis, tick_limit_s=0.2) as bench:
        await bench.pool.submit(a_job())
        with pytest.RaisesGroup(DeviceLost):
            await bench.working


async def test_a_job_that_ended_three_workers_goes_to_the_dead_letters_instead_of_being_drawn(redis):
    job = a_job(description="die")
    for _ in range(3):
        async with a_bench(redis) as bench:
            await bench.pool.submit(job)
            bench.engine.allow(FREELY)
            with pytest.RaisesGroup(DeviceLost):
                await bench.working
    async with a_bench(redis) as bench:
        reply = await until(Failed, bench.inbox)
        assert (reply.attempt, timeless(reply.event)) == (4, Failed(code="poisoned"))
        assert await redis.xlen(f"viz:{{{POOL}}}:dead") == 1
