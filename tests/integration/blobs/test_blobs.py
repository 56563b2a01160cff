"""What is kept of pictures and for whom, in each kind of store."""

import asyncio
import base64
import hashlib

import httpx
import pytest

from tests.s3_server import pointing_at
from visualizer_service.blobs.blobs import Blob, Blobs, is_preview
from visualizer_service.blobs.objects import BlobsUnavailable, opened

pytestmark = pytest.mark.integration

DATA = b"\x89PNG and so on"


async def names(blobs):
    return sorted([one.name async for batch in blobs.stored() for one in batch])


async def test_an_image_comes_back_as_it_was_put(blobs):
    blob_id = await blobs.put(DATA, "image/png", "resp_1")
    assert blob_id == hashlib.sha256(DATA).hexdigest()
    assert await blobs.get(blob_id) == Blob(DATA, "image/png")
    assert await blobs.base64(blob_id) == base64.b64encode(DATA)


async def test_an_unknown_image_is_none(blobs):
    assert await blobs.get("0" * 64) is None
    assert await blobs.base64("0" * 64) is None


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(b"\xff\xd8\xff\xe0", "image/jpeg"), (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp")],
)
async def test_what_an_image_is_stands_in_its_bytes(blobs, data, media_type):
    assert await blobs.get(await blobs.put(data, media_type, "resp_1")) == Blob(data, media_type)


async def test_a_picture_goes_with_the_last_who_refers_to_it(blobs):
    blob_id = await blobs.put(DATA, "image/png", "resp_1")
    assert await blobs.put(DATA, "image/png", "resp_2") == blob_id
    await blobs.keep("file-1", [blob_id])

    await blobs.let_go("resp_1", [blob_id])
    await blobs.let_go("resp_2", [blob_id, "0" * 64])
    assert await blobs.get(blob_id) is not None
    await blobs.let_go("file-1", [blob_id])

    assert await blobs.get(blob_id) is None
    assert await names(blobs) == []


async def test_whoever_never_referred_to_a_picture_deletes_nothing(blobs):
    blob_id = await blobs.put(DATA, "image/png", "resp_1")
    await blobs.let_go("resp_2", [blob_id])
    assert await blobs.get(blob_id) is not None


async def test_a_picture_that_is_put_while_it_is_deleted_is_there_afterwards(blobs):
    for _ in range(20):
        blob_id = await blobs.put(DATA, "image/png", "resp_1")
        await asyncio.gather(blobs.let_go("resp_1", [blob_id]), blobs.put(DATA, "image/png", "resp_2"))
        assert await blobs.get(blob_id) == Blob(DATA, "image/png")
        await blobs.let_go("resp_2", [blob_id])


async def test_a_preview_is_kept_apart_and_goes_with_its_answer(blobs):
    blob_id = await blobs.put_preview(DATA, "image/png", "resp_1")
    assert await blobs.get(blob_id) == Blob(DATA, "image/png")
    assert [is_preview(one) async for batch in blobs.stored() for one in batch] == [True]
    await blobs.let_go("resp_1", [blob_id])
    assert await names(blobs) == []


async def test_redis_holds_no_bytes_and_forgets_who_referred_when_their_time_is_up(redis, tmp_path):
    async with opened(f"file://{tmp_path}") as objects:
        blobs = Blobs(redis, objects, keep_s=60)
        blob_id = await blobs.put(bytes(1_000_000), "image/png", "resp_1")
        (key,) = await redis.keys("*")
        assert await redis.memory_usage(key) < 400
        assert 0 < await redis.pttl(key) <= 60_000
        await Blobs(redis, objects, keep_s=600).keep("resp_2", [blob_id])
        assert await redis.pttl(key) > 60_000
        await blobs.keep("resp_2", [blob_id])
        assert await redis.pttl(key) > 60_000


async def test_only_buckets_have_addresses_that_open_a_picture(blobs, url):
    blob_id = await blobs.put(DATA, "image/png", "resp_1")
    link = await blobs.link(blob_id, 60)
    if not url.startswith("s3://"):
        assert link is None
        return
    assert link is not None
    async with httpx.AsyncClient() as http:
        found = await http.get(link)
    assert (found.status_code, found.content, found.headers["content-type"]) == (200, DATA, "image/png")


async def test_a_store_that_is_away_says_so_after_some_tries(redis, unused_tcp_port):
    with pointing_at(f"http://127.0.0.1:{unused_tcp_port}"):
        async with opened("s3://pictures") as objects:
            with pytest.raises(BlobsUnavailable):
                await Blobs(redis, objects, keep_s=60).get("0" * 64)


async def test_a_folder_that_cannot_be_written_fails_a_picture_and_nothing_else(redis, tmp_path):
    async with opened(f"file://{tmp_path}/here") as objects:
        blobs = Blobs(redis, objects, keep_s=60)
        (tmp_path / "here" / "pictures").write_text("in the way")
        with pytest.raises(BlobsUnavailable):
            await blobs.put(DATA, "image/png", "resp_1")
        (tmp_path / "here" / "pictures").unlink()
        assert await blobs.get(await blobs.put(DATA, "image/png", "resp_1")) is not None


@pytest.mark.parametrize("url", ["ftp://host/pictures", "pictures", "file:///proc/pictures"])
async def test_a_store_that_cannot_be_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="pictures"):
        async with opened(url):
            pass
