"""What becomes of a job that a worker draws, and what is told of it."""

import asyncio
import io
import time

import pytest
from PIL import Image

from tests.gated_engine import FREELY, GatedEngine
from tests.integration.queue.jobs import (
    POOL,
    a_job,
    eventually,
    next_reply,
    replies_to_the_end,
    timeless,
    until,
)
from tests.integration.worker.bench import a_bench, kept
from visualizer_service.wire import Cancelled, Done, Failed, Preview, Progress, Started

pytestmark = pytest.mark.integration


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


async def test_a_picture_is_kept_for_as_long_as_its_job_says(bench):
    bench.engine.allow(FREELY)
    await bench.pool.submit(a_job(keep_s=50))
    assert isinstance((await replies_to_the_end(bench.inbox))[-1].event, Done)
    (owners,) = [name async for name in bench.redis.scan_iter("blob:*")]
    assert 40 < await bench.redis.ttl(owners) <= 50


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


async def test_what_an_engine_holds_that_is_no_blob_is_not_told(bench, monkeypatch):
    held = "a" * 64

    async def is_told() -> bool:
        return [worker.holds for worker in await bench.pool.workers()] == [(held,)]

    monkeypatch.setattr(bench.engine, "holds", lambda: ("warm-up grey", held))
    bench.engine.allow(FREELY)
    assert isinstance(await bench.end_of(a_job()), Done)
    await eventually(is_told)
    assert not bench.working.done()
