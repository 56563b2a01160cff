import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from redis.asyncio import Redis

from tests.integration.queue.jobs import (
    FINAL,
    POOL,
    a_job,
    eventually,
    next_reply,
    replies_to_the_end,
    timeless,
    until,
)
from tests.visualizer_process import VisualizerProcess
from visualizer_service.client import Pool
from visualizer_service.wire import Done, Failed, Progress, Started

pytestmark = pytest.mark.integration

Start = Callable[..., VisualizerProcess]


@pytest.fixture
def start(redis_url: str) -> Iterator[Start]:
    started: list[VisualizerProcess] = []

    def start(**settings: object) -> VisualizerProcess:
        started.append(VisualizerProcess(redis_url, **settings))
        return started[-1]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
async def pool(redis: Redis):
    async with Pool(redis, POOL, "gateway") as pool:
        yield pool


async def ready(pool: Pool, workers: int) -> None:
    async def are_there() -> bool:
        return len(await pool.workers()) >= workers

    await eventually(are_there)


def drawn_by(reply, process: VisualizerProcess) -> bool:
    return f"-{process.pid}-" in reply.event.worker


async def test_when_a_worker_is_killed_another_draws_the_job_and_it_ends_once(start, pool):
    workers = [start(), start()]
    await ready(pool, 2)
    with pool.route("resp") as inbox:
        await pool.submit(a_job(steps=20))
        first = await until(Started, inbox)
        await until(Progress, inbox)
        [victim] = [worker for worker in workers if drawn_by(first, worker)]
        victim.kill()
        second = await until(Started, inbox)
        assert (first.attempt, second.attempt) == (1, 2)
        assert not drawn_by(second, victim)
        end = (await replies_to_the_end(inbox))[-1]
        assert isinstance(end.event, Done)
        assert end.attempt == 2


async def test_a_worker_told_to_leave_hands_its_job_on_at_once_and_exits_well(start, pool):
    workers = [start(DRAIN_GRACE_S=0, LEASE_S=60) for _ in range(2)]
    await ready(pool, 2)
    with pool.route("resp") as inbox:
        await pool.submit(a_job(steps=50))
        first = await until(Started, inbox)
        [leaving] = [worker for worker in workers if drawn_by(first, worker)]
        assert leaving.terminate() == 0
        again = await until(Started, inbox)
        assert not drawn_by(again, leaving)
        assert again.attempt == 1
        assert isinstance((await replies_to_the_end(inbox))[-1].event, Done)


async def test_workers_replaced_one_by_one_under_load_lose_nothing(start, pool):
    workers = [start(), start()]
    await ready(pool, 2)
    with pool.route("resp") as inbox:
        for slot in range(16):
            await pool.submit(a_job(slot=slot))
        for worker in workers:
            await until(Done, inbox)
            start()
            await ready(pool, 3)
            assert worker.terminate() == 0
        await pool.submit(a_job(slot=16))
        done = await replies_to_the_end(inbox, jobs=15)
    assert all(isinstance(reply.event, Done) for reply in done if isinstance(reply.event, FINAL))


async def test_a_job_whose_workers_all_die_goes_to_the_dead_letters(start, pool, redis):
    with pool.route("resp") as inbox:
        await pool.submit(a_job(steps=200))
        for attempt in (1, 2):
            worker = start(MOST_ATTEMPTS=2)
            assert (await until(Started, inbox)).attempt == attempt
            worker.kill()
        start(MOST_ATTEMPTS=2)
        assert timeless((await until(Failed, inbox)).event) == Failed(code="poisoned")
    assert await redis.xlen(f"viz:{{{POOL}}}:dead") == 1


async def test_under_random_kills_every_job_ends_once_and_no_event_is_doubled(start, pool):
    chance = random.Random(1)
    workers = [start(MOST_ATTEMPTS=20) for _ in range(3)]
    await ready(pool, 3)
    jobs, ended = 12, 0
    told: Counter[str] = Counter()
    with pool.route("resp") as inbox:
        for slot in range(jobs):
            await pool.submit(a_job(slot=slot, steps=6))
        while ended < jobs:
            reply = await next_reply(inbox)
            told[reply.model_dump_json()] += 1
            if isinstance(reply.event, FINAL):
                assert isinstance(reply.event, Done)
                ended += 1
            if isinstance(reply.event, Progress) and chance.random() < 0.15 and len(workers) < 8:
                workers.pop(chance.randrange(3)).kill()
                workers.insert(0, start(MOST_ATTEMPTS=20))
        await pool.submit(a_job(slot=jobs))
        last = await replies_to_the_end(inbox)
    assert {reply.slot for reply in last} == {jobs}
    assert set(told.values()) == {1}
