"""The wire as clients use it: paths, methods, encodings, pages elsewhere, proxies, and the links in answers."""

import gzip
import json
import re
import zlib

import pytest
from pydantic import SecretStr

from planner_service.wire import PicturePart
from tests.integration.gateway.gateway_app import client, gateway

pytestmark = pytest.mark.integration

ASK = {"input": "A story about a fox"}
CHAT = {"messages": [{"role": "user", "content": "A story about a fox"}]}
BODY = json.dumps(ASK).encode()


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/metrics", "/v1/models", "/v1/files", "/openapi.json"]
)
async def test_head_is_answered_wherever_get_is_with_no_body(http, path):
    head, got = await http.head(path), await http.get(path)

    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]


async def test_head_of_a_stream_begins_none(http):
    made = (await http.post("/v1/responses", json=ASK)).json()
    head = await http.head(f"/v1/responses/{made['id']}", params={"stream": "true"})

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("path", ["/v1/responses/", "/v1//responses", "/v1/responses//"])
async def test_slashes_too_many_lead_to_the_same_place(http, path):
    assert (await http.post(path, json=ASK)).status_code == 200


ENCODED = {
    "gzip": gzip.compress(BODY),
    "x-gzip": gzip.compress(BODY),
    "deflate": zlib.compress(BODY),
    "GZIP": gzip.compress(BODY),
    "identity": BODY,
}


@pytest.mark.parametrize("encoding", ENCODED)
async def test_a_compressed_body_is_unfolded(http, encoding):
    headers = {"content-type": "application/json", "content-encoding": encoding}

    assert (await http.post("/v1/responses", content=ENCODED[encoding], headers=headers)).status_code == 200


@pytest.mark.parametrize(("encoding", "body", "status"), [
    ("br", BODY, 415),
    ("gzip", BODY, 400),
    ("gzip", gzip.compress(BODY, mtime=0)[:-9], 400),
    ("gzip", gzip.compress(json.dumps(ASK | {"user": "x" * 5000}).encode(), mtime=0), 413),
])  # fmt: skip
async def test_a_body_that_does_not_unfold_or_unfolds_to_too_much_is_refused(
    redis, planner, pool, encoding, body, status
):
    headers = {"content-type": "application/json", "content-encoding": encoding}
    async with gateway(redis, planner, pool, most_body_bytes=2000) as app, client(app) as http:
        refused = await http.post("/v1/responses", content=body, headers=headers)

    assert (refused.status_code, planner.asked) == (status, [])
    assert (status == 415) == ("accept-encoding" in refused.headers)


@pytest.mark.parametrize(
    "told", [None, "text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
async def test_json_need_not_be_called_json_except_by_pages(http, told):
    headers = {} if told is None else {"content-type": told}
    taken = await http.post("/v1/responses", content=BODY, headers=headers)
    refused = await http.post(
        "/v1/responses", content=BODY, headers=headers | {"origin": "https://elsewhere.example"}
    )

    assert (taken.status_code, refused.status_code) == (200, 400)


async def test_pages_elsewhere_may_ask_where_the_operator_says_so(redis, planner, pool):
    origin = "https://app.example"
    asks = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    async with gateway(redis, planner, pool, cors_origins=(origin,)) as app, client(app) as http:
        preflight = await http.options("/v1/responses", headers=asks)
        answer = await http.post("/v1/responses", json=ASK, headers={"origin": origin})
        foreign = await http.options("/v1/responses", headers=asks | {"origin": "https://b.example"})

    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (200, origin)
    assert answer.headers["access-control-allow-origin"] == origin
    assert "x-weaver-warnings" in answer.headers["access-control-expose-headers"]
    assert foreign.status_code == 400


async def test_behind_a_path_everything_is_found_below_it_and_links_begin_with_it(redis, planner, pool):
    public = "https://pictures.example/weaver"
    async with gateway(redis, planner, pool, public_url=f"{public}/") as app, client(app) as http:
        made = (await http.post("/weaver/v1/responses", json=ASK | {"delivery": "url"})).json()
        link = made["output"][1]["url"]
        picture = await http.get(link.removeprefix("https://pictures.example"))
        page, bare = await http.get("/weaver/"), await http.get("/weaver")
        script = await http.get("/weaver/studio/main.js")
        stripped = await http.get("/v1/models")

    assert link.startswith(f"{public}/v1/files/")
    assert [one.status_code for one in (picture, page, bare, script, stripped)] == [200, 200, 307, 200, 200]
    assert bare.headers["location"] == "/weaver/"
    assert not re.search(r'(src|href)="/', page.text), "the page asks for what is beside it"


FORWARDED = [
    ({"x-forwarded-proto": "https", "x-forwarded-host": "a.example, b.example"}, "https://a.example"),
    ({"x-forwarded-host": "a.example:8443", "x-forwarded-prefix": "/w/"}, "http://a.example:8443/w"),
    ({"forwarded": 'for=1.2.3.4;proto=https;host="a.example", for=5.6.7.8'}, "https://a.example"),
    ({"x-forwarded-proto": "javascript"}, ""),
    ({"x-forwarded-host": "a.example/<script>"}, ""),
]


@pytest.mark.parametrize(("headers", "base"), FORWARDED)
async def test_the_word_of_a_trusted_proxy_counts_and_nobody_elses(redis, planner, pool, headers, base):
    async def link(**changes):
        async with gateway(redis, planner, pool, **changes) as app, client(app) as http:
            made = await http.post("/v1/responses", json=ASK | {"delivery": "url"}, headers=headers)
            return made.json()["output"][1]["url"]

    assert (await link(trusted_proxies=("127.0.0.0/8",))).startswith(f"{base}/v1/files/")
    assert (await link()).startswith("http://gateway/v1/files/")
    assert (await link(trusted_proxies=("10.0.0.0/8",))).startswith("http://gateway/v1/files/")


async def test_links_in_the_text_of_a_chat_open_without_a_key(redis, planner, pool):
    keys = {SecretStr("key-a"): "acme"}
    async with gateway(redis, planner, pool, api_keys=keys) as app, client(app) as http:
        auth = {"authorization": "Bearer key-a"}
        answer = (await http.post("/v1/chat/completions", json=CHAT, headers=auth)).json()
        text = answer["choices"][0]["message"]["content"]
        links = re.findall(r"\]\((\S+)\)", text)
        opened = [await http.get(link) for link in links]

    assert len(links) == 2
    assert [picture.headers["content-type"] for picture in opened] == ["image/png"] * 2


async def test_a_link_of_ours_sent_back_as_an_image_is_the_picture(http, planner):
    drawn = (
        await http.post("/v1/images/generations", json={"prompt": "a fox", "response_format": "url"})
    ).json()
    link = drawn["data"][0]["url"]
    parts = [{"type": "image_url", "image_url": {"url": link}}, {"type": "text", "text": "This fox?"}]
    turns = [{"role": "assistant", "content": parts}, {"role": "user", "content": "Once more."}]
    taken = await http.post("/v1/chat/completions", json={"messages": turns})
    changed = await http.post(
        "/v1/chat/completions",
        json=json.loads(json.dumps({"messages": turns}).replace(link, link[:-4] + "0000")),
    )

    assert taken.status_code == 200, taken.text
    assert isinstance(planner.asked[-1].messages[0].content[0], PicturePart)
    assert (changed.status_code, changed.json()["error"]["code"]) == (403, "invalid_signature")
