"""Which jobs a worker takes, and when."""

import pytest

from tests.gated_engine import FREELY
from tests.integration.queue.jobs import (
    a_job,
    backlog,
    eventually,
    next_reply,
    replies_to_the_end,
    until,
)
from tests.integration.worker.bench import a_bench
from visualizer_service.wire import Progress, Started

pytestmark = pytest.mark.integration


async def test_a_job_joins_while_another_runs(bench):
    await bench.pool.submit(a_job(id="first"))
    await until(Started, bench.inbox)
    await bench.pool.submit(a_job(id="second"))
    while len(bench.engine.admitted) < 2:
        bench.engine.allow(1)
        await next_reply(bench.inbox)
    bench.engine.allow(FREELY)
    await replies_to_the_end(bench.inbox, jobs=2)


async def test_a_worker_claims_no_more_than_its_engine_has_room_for(bench):
    for _ in range(4):
        await bench.pool.submit(a_job())
    await until(Started, bench.inbox)

    async def is_full() -> bool:
        return await backlog(bench.pool) == 2

    await eventually(is_full)
    bench.engine.allow(2)
    await until(Started, bench.inbox)
    assert await backlog(bench.pool) == 2
    bench.engine.allow(FREELY)
    await replies_to_the_end(bench.inbox, jobs=4)


async def test_a_worker_leaves_to_others_what_it_cannot_draw_side_by_side(redis):
    async with a_bench(redis, slots=8, together=1) as bench:
        await bench.pool.submit(a_job())
        await until(Started, bench.inbox)
        for _ in range(3):
            await bench.pool.submit(a_job())
        bench.engine.allow(2)
        await until(Progress, bench.inbox)
        assert await backlog(bench.pool) == 3
        async with a_bench(redis, slots=8, together=1, name="idle") as idle:
            started = (await until(Started, bench.inbox)).event
            assert isinstance(started, Started)
            assert started.worker == "idle"
            assert await backlog(bench.pool) == 2
            idle.engine.allow(FREELY)
            bench.engine.allow(FREELY)
            await replies_to_the_end(bench.inbox, jobs=4)


async def test_the_next_job_is_claimed_during_the_last_step_of_the_one_before(redis):
    async with a_bench(redis, slots=1) as bench:
        await bench.pool.submit(a_job(id="first"))
        await until(Started, bench.inbox)
        await bench.pool.submit(a_job(id="second"))
        bench.engine.allow(2)
        await until(Progress, bench.inbox)
        assert await backlog(bench.pool) == 1
        bench.engine.allow(1)

        async def is_claimed() -> bool:
            return await backlog(bench.pool) == 0

        await eventually(is_claimed)
        assert len(bench.engine.admitted) == 1
        bench.engine.allow(FREELY)
        await replies_to_the_end(bench.inbox, jobs=2)
