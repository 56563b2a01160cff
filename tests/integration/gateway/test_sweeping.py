"""What bounds the store of pictures."""

import os
import time
from pathlib import Path

import pytest

from gateway.running.supervision import Loops
from gateway.store.sweeping import SIZE, SWEEPER, Sweeper
from tests.integration.queue.jobs import eventually
from visualizer_service.blobs.blobs import PREVIEW_S, Blobs
from visualizer_service.blobs.objects import opened

pytestmark = pytest.mark.integration
KEEP_S = 3600.0
MUCH = 10**9


@pytest.fixture
async def blobs(redis, tmp_path):
    async with opened(f"file://{tmp_path}") as objects:
        yield Blobs(redis, objects, KEEP_S)


def age(folder: Path, blob_id: str, age_s: float) -> None:
    """Let a blob have been written so long ago."""
    (path,) = folder.glob(f"*/*/{blob_id}")
    os.utime(path, (time.time() - age_s,) * 2)


async def there(blobs, *blob_ids):
    return [await blobs.get(blob_id) is not None for blob_id in blob_ids]


async def test_what_nobody_refers_to_goes_once_it_is_as_old_as_an_answer_may_be(redis, blobs, tmp_path):
    old, young, needed, forgotten = [
        await blobs.put(name.encode(), "image/png", "resp_1") for name in ("old", "young", "needed", "lost")
    ]
    for blob_id in (old, needed, forgotten):
        age(tmp_path, blob_id, KEEP_S + 1)
    age(tmp_path, young, KEEP_S - 60)
    await redis.flushall()
    await blobs.keep("resp_2", [needed])

    await Sweeper(redis, blobs, KEEP_S, MUCH, "gw_1").sweep()

    assert await there(blobs, old, young, needed, forgotten) == [False, True, True, False]
    assert await redis.hgetall(SIZE) == {b"bytes": b"11", b"pictures": b"2", b"limit": b"1000000000"}


async def test_previews_go_after_minutes(redis, blobs, tmp_path):
    preview, picture = [
        await put(name.encode(), "image/png", "resp_1")
        for put, name in ((blobs.put_preview, "preview"), (blobs.put, "picture"))
    ]
    for blob_id in (preview, picture):
        age(tmp_path, blob_id, PREVIEW_S + 1)
    await redis.delete(*await redis.keys("blob:*"))

    await Sweeper(redis, blobs, KEEP_S, MUCH, "gw_1").sweep()

    assert await there(blobs, preview, picture) == [False, True]


async def test_a_full_store_loses_its_oldest_pictures_whoever_refers_to_them(redis, blobs, tmp_path):
    pictures = [await blobs.put(bytes([number]) * 1000, "image/png", "resp_1") for number in range(10)]
    for number, blob_id in enumerate(pictures):
        age(tmp_path, blob_id, 100 - number)

    await Sweeper(redis, blobs, KEEP_S, 4500, "gw_1").sweep()

    assert await there(blobs, *pictures) == [False] * 6 + [True] * 4
    assert (await redis.hget(SIZE, "bytes")) == b"4000"


async def test_one_gateway_sweeps_at_a_time_and_another_goes_on_when_it_is_gone(redis, blobs):
    await redis.set(SWEEPER, "gw_1", px=60_000)

    async def done() -> bool:
        return await redis.get(SWEEPER) == b"done"

    async with Loops() as loops:
        loops.start(Sweeper(redis, blobs, KEEP_S, MUCH, "gw_2").run(), "sweeper")
        await redis.ping()
        assert await redis.exists(SIZE) == 0
        await redis.delete(SWEEPER)
        loops.start(Sweeper(redis, blobs, KEEP_S, MUCH, "gw_3").run(), "sweeper")
        await eventually(done)
