"""Images by URL, in every place that takes one, as a client meets them."""

import dataclasses

import pytest
from redis.asyncio import Redis

from gateway.media.fetch import RemoteImages
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, png
from tests.tls_site import LOOPBACK, said, site

pytestmark = pytest.mark.integration

PLACES = {
    "/v1/responses": lambda url: {
        "input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]
    },
    "/v1/chat/completions": lambda url: {
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}]
    },
    "/v1/images/edits": lambda url: {"prompt": "a fox", "images": [{"image_url": url}]},
}
PARAMS = {
    "/v1/responses": "input[0].content[0].image_url",
    "/v1/chat/completions": "messages[0].content[0].image_url.url",
    "/v1/images/edits": "images[0].image_url",
}


@pytest.fixture
async def there(tmp_path):
    answers = {
        "/fox.png": said(200, png(7), content_type="image/png"),
        "/fox.webp": said(200, png(7), content_type="image/webp"),
        "/page": said(200, b"<html>", content_type="text/html"),
        "/small.png": said(200, png(7, (8, 8)), content_type="image/png"),
    }
    async with site(tmp_path, answers) as there:
        yield there


@pytest.fixture
async def http(redis: Redis, there):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        remote = RemoteImages(
            10_000, 20, resolve=there.resolve, allowed=lambda address: address == LOOPBACK, tls=there.tls
        )
        app.state.container.intake = dataclasses.replace(app.state.container.intake, remote=remote)
        yield http


@pytest.mark.parametrize("path", PLACES)
async def test_an_image_is_taken_by_its_url(http, there, path):
    answer = await http.post(path, json=PLACES[path](there.url("/fox.png")))

    assert answer.status_code == 200
    assert len(there.asked) == 1


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("/page", "invalid_image"),
        ("/small.png", "image_too_small"),
    ],
)
async def test_it_is_checked_like_any_other_image(http, there, path, at, code):
    refused = await http.post(path, json=PLACES[path](there.url(at)))

    assert refused.status_code == 400
    assert (refused.json()["error"]["code"], refused.json()["error"]["param"]) == (code, PARAMS[path])


@pytest.mark.parametrize("path", PLACES)
async def test_nothing_is_fetched_unless_the_operator_says_so(redis, path):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        refused = await http.post(path, json=PLACES[path]("https://example.com/a.png"))

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, PARAMS[path])
    assert "GATEWAY_REMOTE_IMAGES" in refused.json()["detail"]


@pytest.mark.parametrize("path", PLACES)
async def test_the_operators_word_is_enough(redis, path):
    """The real resolver and the real judgement: loopback is not public."""
    async with gateway(redis, Planner(*STORY), Pool(redis), remote_images=True) as app, client(app) as http:
        refused = await http.post(path, json=PLACES[path]("https://localhost/a.png"))

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_image_url")
    assert "not at a public address" in refused.json()["detail"]
