import base64
import hashlib

import pytest
from redis.asyncio import Redis

from visualizer_service.queue.blobs import Blob, Blobs

pytestmark = pytest.mark.integration

DATA = b"\x89PNG and so on"


@pytest.fixture
def blobs(redis: Redis) -> Blobs:
    return Blobs(redis, ttl_s=60)


async def test_an_image_comes_back_as_it_was_put_and_ready_to_be_sent(blobs):
    blob_id = await blobs.put(DATA, "image/png")
    assert blob_id == hashlib.sha256(DATA).hexdigest()
    assert await blobs.get(blob_id) == Blob(DATA, "image/png")
    assert await blobs.base64(blob_id) == base64.b64encode(DATA)


async def test_an_unknown_image_is_none(blobs):
    assert await blobs.get("0" * 64) is None
    assert await blobs.base64("0" * 64) is None


async def test_a_blob_ends_and_a_touch_or_a_second_put_keeps_it_longer(redis, blobs):
    blob_id = await blobs.put(DATA, "image/png")
    key = f"blob:{blob_id}"
    assert 0 < await redis.pttl(key) <= 60_000
    await Blobs(redis, ttl_s=600).touch([blob_id, "0" * 64])
    assert await redis.pttl(key) > 60_000
    await blobs.put(DATA, "image/png")
    assert await redis.pttl(key) <= 60_000
    assert await redis.dbsize() == 1
    await redis.pexpire(key, 0)
    assert await blobs.get(blob_id) is None
