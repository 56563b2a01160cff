"""API keys that are made, rotated and revoked while a gateway runs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest

from gateway.keys import main as keys_command
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway

pytestmark = pytest.mark.integration

OPERATOR = "an-operator's-own-key"
AS_OPERATOR = {"authorization": f"Bearer {OPERATOR}"}


@pytest.fixture
async def http(redis):
    async with (
        gateway(redis, Planner(*STORY), Pool(redis), admin_key=OPERATOR) as app,
        client(app) as http,
    ):
        yield http


async def made(http: httpx.AsyncClient, **changes: object) -> dict:
    body = {"tenant": "acme", "name": "the web shop"} | changes
    answer = await http.post("/v1/admin/keys", json=body, headers=AS_OPERATOR)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def opens(http: httpx.AsyncClient, word: str) -> bool:
    answer = await http.get("/v1/models", headers={"authorization": f"Bearer {word}"})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


async def test_a_key_opens_from_when_it_is_made_until_it_is_revoked(http):
    assert not await opens(http, "nothing")
    key = await made(http)
    assert await opens(http, key["key"])

    gone = await http.delete(f"/v1/admin/keys/{key['id']}", headers=AS_OPERATOR)

    assert gone.json()["revoked_at"] is not None
    assert not await opens(http, key["key"])


async def test_a_rotated_key_has_a_new_word_and_the_old_one_for_as_long_as_was_said(http):
    kept, dropped = await made(http), await made(http)
    path = f"/v1/admin/keys/{kept['id']}/rotate?overlap_s=60"
    new = (await http.post(path, headers=AS_OPERATOR)).json()
    at_once = (await http.post(f"/v1/admin/keys/{dropped['id']}/rotate", headers=AS_OPERATOR)).json()

    assert new["id"] == kept["id"]
    assert [await opens(http, word) for word in (kept["key"], new["key"])] == [True, True]
    assert [await opens(http, word) for word in (dropped["key"], at_once["key"])] == [False, True]


async def test_the_list_tells_everything_of_keys_but_their_words(http, redis):
    key = await made(http, limits={"requests_per_minute": 5, "share": 3})
    listed = await http.get("/v1/admin/keys", headers=AS_OPERATOR)
    stored = str(await redis.hgetall("api_keys"))

    (told,) = listed.json()["data"]
    assert told == {name: value for name, value in key.items() if name != "key"}
    assert (told["tenant"], told["name"], told["limits"]["share"]) == ("acme", "the web shop", 3)
    assert key["key"] not in listed.text
    assert key["key"] not in stored


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer another-one-of-16-chars"}])
async def test_only_the_operator_makes_keys(http, headers):
    refused = await http.post("/v1/admin/keys", json={"tenant": "me", "name": "x"}, headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")


async def test_a_tenants_key_is_not_the_operators_and_the_operators_is_no_tenants(http):
    key = await made(http)
    as_tenant = await http.get("/v1/admin/keys", headers={"authorization": f"Bearer {key['key']}"})

    assert as_tenant.status_code == 401
    assert not await opens(http, OPERATOR)


async def test_a_key_that_is_not_there_cannot_be_changed(http):
    for answer in (
        await http.delete("/v1/admin/keys/key_none", headers=AS_OPERATOR),
        await http.post("/v1/admin/keys/key_none/rotate", headers=AS_OPERATOR),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "key_not_found")


async def test_without_an_operators_key_there_is_no_such_route(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        assert (await http.get("/v1/admin/keys")).status_code == 404


async def test_keys_made_beside_the_gateway_open_it_without_a_restart(redis, tmp_path, monkeypatch, capsys):
    path = tmp_path / "keys.json"
    monkeypatch.setenv("GATEWAY_KEY_STORE", str(path))
    async with (
        gateway(redis, Planner(*STORY), Pool(redis), key_store=str(path)) as app,
        client(app) as http,
    ):
        assert not await opens(http, "anything")
        word = await _beside(capsys, "make", "acme", "first", "--share", "2")
        await app.state.container.keys.look()
        assert await opens(http, word)
        text, mode = await asyncio.to_thread(_file, path)
        (stored,) = json.loads(text)["keys"]
        assert word not in text
        assert mode & 0o077 == 0

        await _beside(capsys, "revoke", stored["id"])
        await app.state.container.keys.look()
        assert not await opens(http, word)


def _file(path: Path) -> tuple[str, int]:
    return path.read_text(encoding="utf-8"), path.stat().st_mode


async def _beside(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    await asyncio.to_thread(keys_command, arguments)
    return capsys.readouterr().out.strip()


async def test_keys_that_cannot_be_read_keep_those_known_before(redis, tmp_path, capsys, monkeypatch):
    path = tmp_path / "keys.json"
    monkeypatch.setenv("GATEWAY_KEY_STORE", str(path))
    word = await _beside(capsys, "make", "acme", "first")
    async with (
        gateway(redis, Planner(*STORY), Pool(redis), key_store=str(path)) as app,
        client(app) as http,
    ):
        assert await opens(http, word)
        path.write_text("{", encoding="utf-8")
        with pytest.raises(ValueError, match="JSON"):
            await app.state.container.keys.look()
        assert await opens(http, word)
