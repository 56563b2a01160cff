"""Half a surrogate pair, which JSON may hold and UTF-8 does not, anywhere in a request: it is taken or refused, and breaks nothing."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.integration.gateway.forgiving import ASKS, WORDS
from tests.integration.gateway.gateway_app import png

pytestmark = pytest.mark.integration

HALF = "\ud83d"
BESIDE: dict[str, dict[str, Any]] = {
    "an unknown field's name": {HALF: 1},
    "a name in an unknown object": {"foo": {HALF: 1}},
    "a name deep within": {"foo": [{"a": {HALF: {HALF: []}}}]},
    "a value in an unknown object": {"foo": {"a": HALF}},
    "a name in metadata": {"metadata": {HALF: "a"}},
    "a value in metadata": {"metadata": {"a": HALF}},
    "a name in a tool": {"tools": [{"type": "image_generation", "foo": {HALF: 1}}]},
    "a user": {"user": HALF},
    "a key of a cache": {"prompt_cache_key": HALF},
    "a style": {"style": HALF},
}
KEY = {"Idempotency-Key": "k1"}
JSON = {"content-type": "application/json", "accept": "application/json, text/event-stream"}


def wire(dialect: str, beside: dict[str, Any], words: str = WORDS) -> dict[str, Any]:
    _, body = ASKS[dialect]
    body = json.loads(json.dumps(body).replace(WORDS, json.dumps(words)[1:-1])) | beside
    if dialect != "mcp":
        return body
    params = {"name": "illustrate", "arguments": body}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


async def send(http, dialect: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    # In ASCII; httpx itself would write UTF-8, which there is not.
    return await http.post(ASKS[dialect][0], content=json.dumps(body), headers=JSON | headers)


@pytest.mark.parametrize("dialect", ASKS)
@pytest.mark.parametrize("place", BESIDE)
async def test_half_a_character_beside_what_is_asked_is_taken_or_refused(http, dialect, place):
    body = wire(dialect, BESIDE[place])
    plain = await send(http, dialect, body)
    once, again = [await send(http, dialect, body, **KEY) for _ in range(2)]

    assert plain.status_code in (200, 400), plain.text
    assert once.status_code == again.status_code == plain.status_code
    assert "internal" not in plain.text + once.text
    if once.status_code == 200 and dialect != "mcp":
        assert again.text == once.text


@pytest.mark.parametrize("dialect", [name for name in ASKS if name != "mcp"])
async def test_half_a_character_in_what_is_asked_is_refused(http, dialect):
    body = wire(dialect, {}, f"{WORDS} {HALF}")
    for headers in ({}, KEY):
        assert (await send(http, dialect, body, **headers)).status_code == 400


async def test_another_half_in_a_name_is_another_request(http):
    await send(http, "responses", wire("responses", {"foo": {HALF: 1}}), **KEY)
    other = await send(http, "responses", wire("responses", {"foo": {"\udd8a": 1}}), **KEY)

    assert other.status_code == 422


SEA = {"a": HALF, HALF: [{"text": HALF}]}
USER = {"role": "user", "content": WORDS}
RESULTS: dict[str, dict[str, Any]] = {
    "chat": {"messages": [USER, {"role": "tool", "tool_call_id": "c1", "content": SEA}, USER]},
    "responses": {"input": [{"type": "function_call_output", "call_id": "c1", "output": SEA}, USER]},
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"functionResponse": {"name": "sea", "response": SEA}}]},
            {"role": "user", "parts": [{"text": WORDS}]},
        ]
    },
}


@pytest.mark.parametrize("dialect", RESULTS)
async def test_half_a_character_in_what_a_tool_gave_back_is_replaced(http, planner, dialect):
    for headers in ({}, KEY):
        answer = await send(http, dialect, RESULTS[dialect], **headers)
        assert answer.status_code == 200, answer.text
    told = [part.text for message in planner.asked[-1].messages for part in message.content]
    assert any('"a": "?"' in text for text in told), told


@pytest.mark.parametrize(("charset", "name"), [("utf-7", b"+2D0-.png"), ("unicode_escape", b"\\ud83d.png")])
async def test_half_a_character_in_a_files_name_is_replaced(http, charset, name):
    head = b'--b\r\ncontent-disposition: form-data; name="file"; filename="%s"\r\ncontent-type: image/png\r\n\r\n'
    purpose = b'\r\n--b\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nvision\r\n--b--\r\n'
    sent = {"content-type": f"multipart/form-data; boundary=b; charset={charset}"}
    answer = await http.post("/v1/files", content=head % name + png(9) + purpose, headers=sent)
    assert (answer.status_code, answer.json().get("filename")) == (200, "?.png"), answer.text
