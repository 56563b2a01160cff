"""Pictures by signed links, as a client without a key meets them."""

import json
import re

import pytest
from redis.asyncio import Redis

from gateway.links import Links
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway_app import STORY, Planner, Pool, client, gateway

pytestmark = pytest.mark.integration

KEY = {"authorization": "Bearer secret"}
EVENT_BYTES = 64 * 1024
STREAMS = {
    "/v1/responses": {
        "input": "A story",
        "delivery": "url",
        "stream": True,
        "tools": [{"type": "image_generation", "partial_images": 3}],
    },
    "/v1/chat/completions": {
        "messages": [{"role": "user", "content": "A story"}],
        "delivery": "url",
        "stream": True,
    },
    "/v1/images/generations": {
        "prompt": "a fox",
        "n": 4,
        "planner": False,
        "response_format": "url",
        "stream": True,
        "partial_images": 3,
    },
}


@pytest.fixture
async def app(redis: Redis):
    async with gateway(redis, Planner(*STORY), Pool(redis), api_keys={"secret": "acme"}) as app:
        yield app


async def links(http, **ask):
    """The links to the pictures of an answer."""
    body = {"input": "A story", "delivery": "url"} | ask
    answer = await http.post("/v1/responses", json=body, headers=KEY)
    return [item["url"] for item in answer.json()["output"] if item["type"] == "image_generation_call"]


async def test_a_link_opens_its_picture_without_a_key_and_only_that(http):
    first, second = await links(http)
    opened = await http.get(first)

    assert opened.status_code == 200
    assert opened.headers["content-type"] == "image/png"
    assert opened.headers["content-disposition"].startswith("inline")
    assert re.fullmatch(r"private, max-age=\d+, immutable", opened.headers["cache-control"])
    path, query = first.split("?")
    for elsewhere in (f"{second.split('?')[0]}?{query}", f"{path.removesuffix('/content')}?{query}"):
        assert (await http.get(elsewhere)).status_code in (401, 403)
    assert (await http.get(path)).status_code == 401
    assert (await http.get(path, headers=KEY)).content == opened.content


async def test_the_picture_is_not_sent_twice_to_who_has_it_and_in_part_to_who_asks(http):
    link, _ = await links(http)
    whole = await http.get(link)
    again = await http.get(link, headers={"if-none-match": whole.headers["etag"]})
    part = await http.get(link, headers={"range": "bytes=1-3"})
    beyond = await http.get(link, headers={"range": f"bytes={len(whole.content)}-"})

    assert (again.status_code, again.content) == (304, b"")
    assert (part.status_code, part.content) == (206, b"PNG")
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")


@pytest.mark.parametrize(
    ("pattern", "replacement", "code"),
    [
        (r"expires=(\d+)", r"expires=\g<1>0", "invalid_signature"),
        (r"signature=.{8}", "signature=00000000", "invalid_signature"),
        (r"&signature=.*", "", "invalid_signature"),
        (r"expires=\d+&", "", "invalid_signature"),
        (r"signature=.*", "signature=é", "invalid_signature"),
    ],
)
async def test_a_link_that_was_changed_is_refused(http, pattern, replacement, code):
    link, _ = await links(http)
    refused = await http.get(re.sub(pattern, replacement, link))

    assert (refused.status_code, refused.headers["content-type"]) == (403, "application/problem+json")
    assert refused.json()["error"]["code"] == code


async def test_a_link_whose_time_is_up_is_refused_and_says_so(app, http):
    link, _ = await links(http)
    file_id = link.split("/")[3]
    old = app.state.parts.links.signer(f"resp_{file_id.split('-')[1]}", created_at=-1e6)
    refused = await http.get(f"/v1/files/{file_id}/content?{old.query(file_id)}")

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "link_expired")
    assert f"`expires` is {old.expires_at}" in refused.json()["detail"]


async def test_a_file_that_was_sent_has_no_links(http):
    refused = await http.get("/v1/files/file-x/content?expires=9999999999&signature=00")

    assert (refused.status_code, refused.json()["error"]["param"]) == (403, "signature")


async def test_a_link_of_one_gateway_opens_at_another(redis, http):
    link, _ = await links(http)
    async with (
        gateway(redis, Planner(), Pool(redis), api_keys={"secret": "acme"}) as app,
        client(app) as other,
    ):
        assert (await other.get(link)).status_code == 200
    own = {"link_secret": "of an operator's own", "api_keys": {"secret": "acme"}}
    async with gateway(redis, Planner(), Pool(redis), **own) as app, client(app) as stranger:
        assert (await stranger.get(link)).status_code == 403


async def test_an_answer_tells_the_same_links_whenever_it_is_asked_for(http):
    answer = (
        await http.post("/v1/responses", json={"input": "A story", "delivery": "url"}, headers=KEY)
    ).json()

    assert (await http.get(f"/v1/responses/{answer['id']}", headers=KEY)).json() == answer


async def test_a_chat_with_links_can_be_gone_on_with(app, http):
    ask = {"messages": [{"role": "user", "content": "A story"}], "delivery": "url"}
    message = (await http.post("/v1/chat/completions", json=ask, headers=KEY)).json()["choices"][0]["message"]
    marks = re.findall(r"!\[.*?\]\((.*?)\)", message["content"])
    more = {"messages": [*ask["messages"], message, {"role": "user", "content": "More"}]}
    await http.post("/v1/chat/completions", json=more, headers=KEY)

    assert marks == [image["image_url"]["url"] for image in message["images"]]
    assert [(await http.get(mark)).status_code for mark in marks] == [200, 200]
    assert app.state.parts.planner.asked[-1].drawn_before == 2


@pytest.mark.parametrize("path", STREAMS)
async def test_with_links_no_event_is_larger_than_64_kb(redis, path):
    pictures = [[says("word " * 200), *slot(index, description="d" * 2000)] for index in range(8)]
    planner = Planner(*[step for steps in pictures for step in steps], PLAN_DONE)
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        told = (await http.post(path, json=STREAMS[path])).text

    events = told.split("\n\n")
    assert len(events) > 8
    assert max(len(event.encode()) for event in events) < EVENT_BYTES
    assert "signature=" in told


def test_a_link_is_written_the_same_by_everyone_who_shares_the_secret():
    one, two = (Links(b"shared", 60).signer("resp_1", 5.5) for _ in range(2))

    assert one == two
    assert one.expires_at == 65
    assert json.dumps(one.query("file-1")) == json.dumps(two.query("file-1"))
    assert Links(b"other", 60).signer("resp_1", 5.5).query("file-1") != one.query("file-1")
