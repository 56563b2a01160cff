"""Pictures by signed links, as a client without a key meets them."""

import json
import re

import httpx
import pytest
from redis.asyncio import Redis

from gateway.answer.event_budget import EVENT_BYTES, PARTS_BYTES, PICTURE_BYTES
from gateway.store.links import Links, Secrets
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, listening

pytestmark = pytest.mark.integration

KEY = {"authorization": "Bearer secret"}
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
# With everything told again that may be.
TALKING = {
    "/v1/responses": {"instructions": "i" * 4096, "metadata": {f"{n}": "m" * 512 for n in range(7)}},
    "/v1/chat/completions": {"metadata": {f"{n}": "m" * 512 for n in range(7)}},
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
    far_beyond = await http.get(link, headers={"range": f"bytes={10 * len(whole.content)}-"})

    assert (again.status_code, again.content) == (304, b"")
    assert (part.status_code, part.content) == (206, b"PNG")
    for refused in (beyond, far_beyond):
        assert (refused.status_code, refused.headers["content-range"]) == (
            416,
            f"bytes */{len(whole.content)}",
        )


async def test_what_a_link_leads_to_can_be_looked_at_without_it(app):
    async with client(app) as http, listening(app) as url:
        link, _ = await links(http)
        link = link.removeprefix("http://gateway")
        async with httpx.AsyncClient(base_url=url) as stranger:
            whole, head = await stranger.get(link), await stranger.head(link)
            refused = await stranger.head(link.replace("signature=", "signature=0"))

    assert (head.status_code, head.content, refused.status_code) == (200, b"", 403)
    for name in ("etag", "content-length", "content-type", "accept-ranges"):
        assert head.headers[name] == whole.headers[name]


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
    file_id = link.split("/")[-2]
    old = await app.state.container.links.signer(f"resp_{file_id.split('-')[1]}", created_at=-1e6)
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
    assert app.state.container.backends.of(None).planner.asked[-1].drawn_before == 2


@pytest.mark.parametrize("path", STREAMS)
async def test_with_links_no_event_is_larger_than_64_kb(redis, path):
    pictures = [[says("word " * 200), *slot(index, description="d" * 2000)] for index in range(8)]
    planner = Planner(*[step for steps in pictures for step in steps], PLAN_DONE)
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        told = (await http.post(path, json=STREAMS[path])).text

    assert len(told.split("\n\n")) > 8
    assert largest(told) < EVENT_BYTES
    assert "signature=" in told


@pytest.mark.parametrize("said", ["word " * 40, "Ω" * 200], ids=["plain", "six bytes a character"])
@pytest.mark.parametrize("path", TALKING)
async def test_with_links_an_answer_that_would_not_fit_into_an_event_is_cut(redis, path, said):
    story = [step for n in range(8) for step in (*[says(said)] * 20, *slot(n, description=said * 9))]
    planner = Planner(*story, *[says(said)] * 400, PLAN_DONE)
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        told = (await http.post(path, json=STREAMS[path] | TALKING[path])).text
        (id,) = {*re.findall(r"(?:resp_|chatcmpl-)([0-9a-f]{32})", told)}
        answer = (await http.get(f"/v1/responses/resp_{id}")).json()

    assert EVENT_BYTES / 4 < len(json.dumps(answer)) < EVENT_BYTES
    assert largest(told) < EVENT_BYTES
    assert answer["status"] == "incomplete"
    assert answer["usage"]["output_tokens"] == PLAN_DONE.usage.output_tokens


async def test_with_base64_an_answer_is_as_long_as_the_planner_makes_it(redis):
    planner = Planner(*[says("word " * 100)] * 200, PLAN_DONE)
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        answer = (await http.post("/v1/responses", json={"input": "A story"})).json()

    assert answer["status"] == "completed"
    assert len(answer["output"][0]["content"][0]["text"]) == len("word " * 100) * 200 - 1


async def test_with_links_long_instructions_are_followed_and_not_told_again(redis):
    ask = {"input": "A story", "instructions": "Be brief. " * 500}
    planner = Planner(*STORY)
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        linked = (await http.post("/v1/responses", json=ask | {"delivery": "url"})).json()
        whole = (await http.post("/v1/responses", json=ask)).json()

    assert (linked["instructions"], whole["instructions"]) == (None, ask["instructions"])
    assert planner.asked[0].messages == planner.asked[1].messages


# What is refused with links, and taken otherwise: where it is sent, what, the field, the limit, and the bytes that were sent.
TOO_LONG = {
    "metadata": (
        "responses",
        {"input": "x", "metadata": {"a": "Ω" * 512, "b": "Ω" * 512}},
        "metadata",
        4096,
        6157,
    ),
    "prompt": (
        "images/generations",
        {"prompt": "x" * 20_000, "planner": False, "n": 2},
        "prompt",
        (PARTS_BYTES // 2 - PICTURE_BYTES) // 2,
        20_000,
    ),
}


@pytest.mark.parametrize("name", TOO_LONG)
async def test_what_does_not_fit_into_an_event_is_refused_by_name(app, name):
    path, ask, param, most, sent = TOO_LONG[name]
    link = {"delivery": "url"} if path == "responses" else {"response_format": "url"}
    async with client(app, headers=KEY) as http:
        refused = await http.post(f"/v1/{path}", json=ask | link)
        taken = await http.post(f"/v1/{path}", json=ask)

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)
    assert f"holds {sent} bytes of JSON; at most {most} are taken" in refused.json()["detail"]
    assert taken.status_code == 200


def largest(stream):
    """Bytes of the largest event."""
    return max(len(event.encode()) for event in stream.split("\n\n"))


async def test_a_link_is_written_the_same_by_everyone_who_shares_the_secret(redis):
    one, two, another = [
        await Links(Secrets(redis, secret), 60).signer("resp_1", 5.5)
        for secret in (b"shared", b"shared", b"other")
    ]

    assert one == two
    assert one.expires_at == 65
    assert json.dumps(one.query("file-1")) == json.dumps(two.query("file-1"))
    assert another.query("file-1") != one.query("file-1")
