"""Where the bytes of pictures are, and when they go, as clients and operators see it."""

import base64
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.integration.gateway.gateway_app import PATIENCE, STORY, Planner, Pool, client, gateway, png
from tests.s3_server import INSTALLED, s3_server
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import opened

pytestmark = pytest.mark.integration
PREVIEWS = [{"type": "image_generation", "partial_images": 2}]


@pytest.fixture
async def kept(redis, tmp_path):
    """A gateway and a pool whose pictures lie in a folder of their own."""
    url = f"file://{tmp_path}/pictures"
    async with opened(url) as objects:
        pool = Pool(redis)
        pool.blobs = Blobs(redis, objects, 60)
        async with gateway(redis, Planner(*STORY), pool, blobs_url=url) as app, client(app) as http:
            yield http


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "pictures").rglob("*") if path.is_file()]


async def told(http, **asked):
    answer = await http.post("/v1/responses", json={"input": "A story"} | asked)
    assert answer.status_code == 200
    return answer.json()


async def test_an_answer_that_is_deleted_takes_its_pictures_and_previews_along(kept, tmp_path):
    answer = await told(kept, tools=PREVIEWS, stream=False)
    assert len(files(tmp_path)) == 4
    await kept.delete(f"/v1/responses/{answer['id']}")
    assert files(tmp_path) == []


async def test_pictures_are_kept_for_as_long_as_answers_are_and_one_may_take(redis):
    pool, patience = Pool(redis), replace(PATIENCE, response_s=30)
    async with (
        gateway(redis, Planner(*STORY), pool, keep_s=50, patience=patience) as app,
        client(app) as http,
    ):
        await told(http)
    assert {job.keep_s for job in pool.jobs} == {80}


async def test_what_another_answer_goes_on_from_stays_until_that_is_deleted_too(kept, tmp_path):
    first = await told(kept)
    second = await told(kept, previous_response_id=first["id"])
    await kept.delete(f"/v1/responses/{first['id']}")
    pictures = [item for item in second["output"] if item["type"] == "image_generation_call"]
    assert all(item["result"] for item in pictures)
    assert len(files(tmp_path)) == 2
    await kept.delete(f"/v1/responses/{second['id']}")
    assert files(tmp_path) == []


async def test_an_image_that_was_sent_goes_with_the_answer_it_was_sent_for(kept, tmp_path):

    image = "data:image/png;base64," + base64.b64encode(png(7)).decode()
    content = [{"type": "input_text", "text": "Like this."}, {"type": "input_image", "image_url": image}]
    answer = await told(kept, input=[{"role": "user", "content": content}])
    assert len(files(tmp_path)) == 3
    await kept.delete(f"/v1/responses/{answer['id']}")
    assert files(tmp_path) == []


async def test_a_file_that_is_deleted_is_gone_unless_an_answer_needs_it(kept, tmp_path):
    sent = [
        (await kept.post("/v1/files", files={"file": ("a.png", png(shade))})).json()["id"]
        for shade in (21, 22)
    ]
    content = [{"type": "input_text", "text": "This."}, {"type": "input_image", "file_id": sent[0]}]
    answer = await told(kept, input=[{"role": "user", "content": content}])
    for file_id in sent:
        await kept.delete(f"/v1/files/{file_id}")
    # Two drawn, one needed.
    assert len(files(tmp_path)) == 3
    await kept.delete(f"/v1/responses/{answer['id']}")
    assert files(tmp_path) == []


async def test_pictures_are_read_without_redis_knowing_a_byte_of_them(kept, redis, tmp_path):
    await told(kept)
    stored = sum(path.stat().st_size for path in files(tmp_path))
    keys = [key async for key in redis.scan_iter("*")]
    in_redis = sum([await redis.memory_usage(key) or 0 for key in keys])
    assert stored > 0
    assert in_redis < 64_000


async def test_a_store_that_is_away_costs_the_picture_and_the_text_is_told(kept, tmp_path):
    answer = await told(kept)
    (tmp_path / "pictures").rename(tmp_path / "elsewhere")
    (tmp_path / "pictures").write_text("in the way")

    again = await kept.get(f"/v1/responses/{answer['id']}")
    assert again.status_code == 503
    assert again.json()["error"]["code"] == "store_unavailable"
    file_id = next(item["file_id"] for item in answer["output"] if item["type"] == "image_generation_call")
    content = await kept.get(f"/v1/files/{file_id}/content")
    assert (content.status_code, content.json()["error"]["code"]) == (503, "store_unavailable")

    (tmp_path / "pictures").unlink()
    (tmp_path / "elsewhere").rename(tmp_path / "pictures")
    assert (await kept.get(f"/v1/responses/{answer['id']}")).json()["output"] == answer["output"]


@pytest.mark.skipif(not INSTALLED, reason="the S3 server is not installed: make build/s3/.installed")
async def test_signed_links_lead_on_to_a_bucket_where_the_operator_says_so(redis):
    with s3_server() as url:
        async with opened(url) as objects:
            pool = Pool(redis)
            pool.blobs = Blobs(redis, objects, 60)
            changes = {"blobs_url": url, "links_to_store": True, "api_keys": {"secret": "acme"}}
            async with gateway(redis, Planner(*STORY), pool, **changes) as app, client(app) as http:
                key = {"authorization": "Bearer secret"}
                body = {"input": "A story", "delivery": "url"}
                answer = (await http.post("/v1/responses", json=body, headers=key)).json()
                link = next(item["url"] for item in answer["output"] if "url" in item)
                found = await http.get(link)
                assert found.status_code == 307
                async with httpx.AsyncClient() as browser:
                    picture = await browser.get(found.headers["location"])
                assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
                assert picture.content.startswith(b"\x89PNG")
                changed = await http.get(link.replace("signature=", "signature=0"))
                assert changed.status_code == 403
