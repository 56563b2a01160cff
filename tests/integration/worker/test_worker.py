import asyncio
import io
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
from PIL import Image
from redis.asyncio import Redis

from tests.gated_engine import FREELY, GatedEngine
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
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.stored_objects import StoredObjects
from visualizer_service.client import Pool
from visualizer_service.errors import DeviceLost
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import Cancelled, Done, Failed, Preview, Progress, Reply, Started
from visualizer_service.worker.drawing import EngineThread
from visualizer_service.worker.worker import Worker, WorkerOptions

pytestmark = pytest.mark.integration


@dataclass
class Bench:
    """A pool, one worker with a gated engine, and the inbox of response `resp`."""

    redis: Redis
    pool: Pool
    inbox: asyncio.Queue[Reply]
    engine: GatedEngine
    leave: asyncio.Event
    working: asyncio.Task[None]

    async def end_of(self, job) -> object:
        await self.pool.submit(job)
        return (await replies_to_the_end(self.inbox))[-1].event

    async def is_idle(self) -> bool:
        return not self.engine.active

    async def another(self, lease_s: float = 15) -> Consumer:
        consumer = Consumer(self.redis, POOL, "another", lease_s)
        await consumer.open()
        return consumer


def kept(redis: Redis, url: str | None = None) -> Blobs:
    return Blobs(redis, StoredObjects(url or os.environ["VISUALIZER_BLOBS_URL"]), 60)


@asynccontextmanager
async def a_bench(
    redis: Redis,
    grace_s: float = 20,
    tick_limit_s: float = 60,
    slots: int = 2,
    together: int | None = None,
    name: str = "worker",
    url: str | None = None,
) -> AsyncIterator[Bench]:
    engine, leave = GatedEngine(slots, together), asyncio.Event()
    engine_thread = EngineThread(tick_limit_s)
    await engine_thread.start(lambda: engine)
    worker = Worker(
        engine_thread,
        Consumer(redis, POOL, name, lease_s=15),
        kept(redis, url),
        Registry(redis, POOL),
        WorkerOptions(POOL, renew_s=4, most_attempts=3, drain_grace_s=grace_s),
    )
    async with Pool(redis, POOL, "gateway") as pool:
        with pool.route("resp") as inbox:
            working = asyncio.create_task(worker.run(leave))
            try:
                yield Bench(redis, pool, inbox, engine, leave, working)
            finally:
                engine.allow(FREELY)
                leave.set()
                with suppress(ExceptionGroup):
                    await working
                await engine_thread.close()


@pytest.fixture
async def bench(redis: Redis) -> AsyncIterator[Bench]:
    async with a_bench(redis) as bench:
        yield bench


async def test_a_job_is_drawn_and_its_replies_tell_the_whole_story(bench):
    bench.engine.allow(FREELY)
    job = a_job(previews=1, output_format="webp", seed=7, width_px=64, height_px=32)
    await bench.pool.submit(job)
    replies = await replies_to_the_end(bench.inbox)
    first, *_, last = [reply.event for reply in replies]
    assert isinstance(first, Started)
    assert isinstance(last, Done)
    assert (last.width_px, last.height_px, last.seed, last.steps, last.media_type) == (
        64,
        32,
        7,
        4,
        "image/webp",
    )
    times = last.timings
    assert job.queued_at == times.queued_at <= times.claimed_at <= times.started_at <= times.done_at
    assert {reply.attempt for reply in replies} == {1}
    blob = await kept(bench.redis).get(last.blob)
    assert blob is not None
    with Image.open(io.BytesIO(blob.data)) as picture:
        assert (picture.size, picture.format) == ((64, 32), "WEBP")


async def test_steps_and_previews_are_told_while_the_job_is_drawn(bench):
    await bench.pool.submit(a_job(previews=1))
    assert isinstance((await next_reply(bench.inbox)).event, Started)
    bench.engine.allow(1)
    assert timeless((await until(Progress, bench.inbox)).event) == Progress(step=1, of=4)
    bench.engine.allow(2)
    assert (await until(Preview, bench.inbox)).event.index == 0
    bench.engine.allow(1)
    assert isinstance((await replies_to_the_end(bench.inbox))[-1].event, Done)


async def test_references_reach_the_engine_as_pictures_in_order(bench):
    bench.engine.allow(FREELY)
    ids = []
    for colour in ("red", "blue"):
        data = io.BytesIO()
        Image.new("RGBA", (8, 8), colour).save(data, "PNG")
        ids.append(await kept(bench.redis).put(data.getvalue(), "image/png", "me"))
    assert isinstance(await bench.end_of(a_job(references=tuple(ids))), Done)
    [task] = bench.engine.admitted
    assert [reference.id for reference in task.references] == ids
    assert [reference.image.getpixel((0, 0)) for reference in task.references] == [(255, 0, 0), (0, 0, 255)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"references": ("0" * 64,)}, "reference_missing"),
        ({"references": ("0" * 64,) * 3}, "rejected"),
        ({"width_px": 128}, "rejected"),
        ({"deadline": 1.0}, "deadline"),
        ({"description": "refuse"}, "internal"),
        ({"description": "break no_memory"}, "no_memory"),
        ({"description": "break a code nobody knows"}, "internal"),
    ],
)
async def test_a_job_that_cannot_be_drawn_fails_alone(bench, changes, code):
    bench.engine.allow(FREELY)
    assert timeless(await bench.end_of(a_job(**changes))) == Failed(code=code)
    assert isinstance(await bench.end_of(a_job()), Done)


async def test_a_store_that_is_away_fails_pictures_typed_and_the_worker_goes_on(redis, tmp_path):
    url = f"file://{tmp_path}/pictures"
    async with a_bench(redis, url=url) as bench:
        bench.engine.allow(FREELY)
        (tmp_path / "pictures").rmdir()
        (tmp_path / "pictures").write_text("in the way")
        drawn, guided = a_job(id="drawn"), a_job(id="guided", references=("0" * 64,))
        assert timeless(await bench.end_of(drawn)) == Failed(code="pictures_unavailable")
        assert timeless(await bench.end_of(guided)) == Failed(code="pictures_unavailable")
        (tmp_path / "pictures").unlink()
        assert isinstance(await bench.end_of(a_job(id="later")), Done)


async def test_a_reference_that_is_no_picture_is_rejected(bench):
    blob = await kept(bench.redis).put(b"no picture", "image/png", "me")
    assert timeless(await bench.end_of(a_job(references=(blob,)))) == Failed(code="rejected")


async def test_a_job_that_runs_into_its_deadline_fails_and_leaves_the_engine(bench):
    late = a_job(deadline=time.time() + 0.5)
    await bench.pool.submit(late)
    await until(Started, bench.inbox)
    await asyncio.sleep(late.deadline - time.time())
    bench.engine.allow(1)
    assert timeless((await replies_to_the_end(bench.inbox))[-1].event) == Failed(code="deadline")
    bench.engine.allow(FREELY)
    assert isinstance(await bench.end_of(a_job()), Done)
    assert bench.engine.active == {}


async def test_a_cancelled_job_that_waits_is_never_drawn(bench):
    await bench.pool.cancel("resp")
    assert timeless(await bench.end_of(a_job())) == Cancelled()
    assert bench.engine.admitted == []


async def test_a_cancelled_job_that_runs_ends_before_its_next_step(bench):
    await bench.pool.submit(a_job())
    await until(Started, bench.inbox)
    await bench.pool.cancel("resp")
    assert timeless((await replies_to_the_end(bench.inbox))[-1].event) == Cancelled()
    bench.engine.allow(1)
    with bench.pool.route("other") as inbox:
        await bench.pool.submit(a_job(response="other"))
        bench.engine.allow(FREELY)
        assert isinstance((await replies_to_the_end(inbox))[-1].event, Done)
    assert bench.inbox.empty()
    assert bench.engine.active == {}


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


async def test_the_heartbeat_says_what_the_worker_is_and_does(bench):
    async def is_there() -> bool:
        return bool(await bench.pool.workers())

    async def is_draining() -> bool:
        return (await bench.pool.workers())[0].draining

    await eventually(is_there)
    [info] = await bench.pool.workers()
    assert (info.id, info.pool, info.model, info.slots) == ("worker", POOL, "gated", 2)
    assert not info.draining
    assert await bench.pool.limits() == GatedEngine.limits
    await bench.pool.submit(a_job())
    await until(Started, bench.inbox)
    bench.leave.set()
    await eventually(is_draining)
    assert (await bench.pool.workers())[0].active == 1
