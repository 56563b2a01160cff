"""What a tenant may have, over all its keys, and what it is told beyond that; others notice nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from tests.fakes import PLAN_DONE, says
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, png

pytestmark = pytest.mark.integration

ASK = {"input": "A story"}
KEYS = {"of-acme": "acme", "of-acme-too": "acme", "of-zeta": "zeta"}
DIALECTS: dict[str, dict[str, Any]] = {
    "/v1/responses": ASK,
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "A story"}]},
    "/v1/images/generations": {"prompt": "a fox"},
    "/v1/ui-messages": {"messages": [{"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}]},
    "/v1beta/models/storybook:generateContent": {"contents": [{"parts": [{"text": "A story"}]}]},
}


@contextlib.asynccontextmanager
async def limited(
    redis: Redis, planner: Planner | None = None, pool: Pool | None = None, **limits: int
) -> AsyncIterator[httpx.AsyncClient]:
    served = gateway(
        redis, planner or Planner(*STORY), pool or Pool(redis), api_keys=KEYS, tenant_limits=limits
    )
    async with served as app, client(app) as http:
        yield http


def key(word: str) -> dict[str, str]:
    return {"authorization": f"Bearer {word}"}


def check_refused(answer: httpx.Response, code: str) -> None:
    assert answer.status_code == 429, answer.text
    assert answer.json()["error"]["code"] == code
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["ratelimit"]
    assert answer.headers["ratelimit-policy"]


async def test_requests_beyond_those_of_a_minute_are_refused_whatever_key_they_bear(redis):
    async with limited(redis, requests_per_minute=2) as http:
        first = await http.get("/v1/models", headers=key("of-acme"))
        second = await http.get("/v1/models", headers=key("of-acme-too"))
        third = await http.get("/v1/models", headers=key("of-acme"))
        other = await http.get("/v1/models", headers=key("of-zeta"))

    assert first.headers["ratelimit-policy"] == '"requests";q=2;w=60'
    assert [answer.headers["ratelimit"].split(";t=")[0] for answer in (first, second)] == [
        '"requests";r=1',
        '"requests";r=0',
    ]
    check_refused(third, "requests_per_minute")
    assert int(third.headers["retry-after"]) <= 60
    assert other.status_code == 200


async def test_a_request_too_many_may_still_cancel_and_delete(redis):
    async with limited(redis, requests_per_minute=1) as http:
        made = (await http.post("/v1/responses", json=ASK, headers=key("of-acme"))).json()
        path = f"/v1/responses/{made['id']}"
        check_refused(await http.get(path, headers=key("of-acme")), "requests_per_minute")

        assert (await http.post(f"{path}/cancel", headers=key("of-acme"))).status_code == 200
        assert (await http.delete(path, headers=key("of-acme"))).status_code == 200


@pytest.mark.parametrize("path", DIALECTS)
async def test_every_dialect_refuses_in_its_own_form(redis, path):
    async with limited(redis, requests_per_minute=0) as http:
        refused = await http.post(path, json=DIALECTS[path], headers=key("of-acme"))

    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    error = refused.json()["error"]
    if path.startswith("/v1beta"):
        assert (error["status"], error["details"][0]["reason"]) == (
            "RESOURCE_EXHAUSTED",
            "REQUESTS_PER_MINUTE",
        )
    else:
        assert (error["type"], error["code"]) == ("rate_limit_error", "requests_per_minute")


async def test_no_more_answers_at_once_than_a_tenant_may_have(redis):
    hold = asyncio.Event()
    planner = Planner(says("Once "), hold, PLAN_DONE)
    async with limited(redis, planner, answers_at_once=1) as http:
        background = ASK | {"background": True}
        begun = await http.post("/v1/responses", json=background, headers=key("of-acme"))
        refused = await http.post("/v1/responses", json=background, headers=key("of-acme-too"))
        other = await http.post("/v1/responses", json=background, headers=key("of-zeta"))
        hold.set()
        await _ended(http, begun.json()["id"])
        again = await http.post("/v1/responses", json=background, headers=key("of-acme"))

    assert '"answers";q=1;qu="concurrent-requests"' in begun.headers["ratelimit-policy"]
    check_refused(refused, "answers_at_once")
    assert (other.status_code, again.status_code) == (200, 200)


async def test_no_more_pictures_a_day_than_a_tenant_may_have(redis):
    async with limited(redis, pictures_per_day=3) as http:
        first = await http.post("/v1/responses", json=ASK | {"most_images": 2}, headers=key("of-acme"))
        await _counted(http, 1)
        second = await http.post("/v1/responses", json=ASK, headers=key("of-acme"))
        too_many = await http.post(
            "/v1/responses", json=ASK | {"least_images": 3, "most_images": 3}, headers=key("of-acme")
        )
        text = await http.post("/v1/responses", json=ASK | {"mode": "text"}, headers=key("of-acme"))
        other = await http.post("/v1/responses", json=ASK, headers=key("of-zeta"))

    assert len(_pictures(first)) == 2
    assert second.json()["most_images"] == 1
    assert "most_images" in second.headers["x-weaver-warnings"]
    check_refused(too_many, "pictures_per_day")
    assert int(too_many.headers["retry-after"]) <= 86400
    assert (text.status_code, other.status_code) == (200, 200)


async def test_pictures_that_are_promised_may_be_had_soon_and_those_that_were_drawn_tomorrow(redis):
    hold = asyncio.Event()
    planner = Planner(*STORY[:-1], hold, PLAN_DONE)
    ask = ASK | {"background": True}
    async with limited(redis, planner, pictures_per_day=8) as http:
        begun = await http.post("/v1/responses", json=ask | {"most_images": 5}, headers=key("of-acme"))
        needs_promised = await http.post(
            "/v1/responses", json=ask | {"least_images": 4}, headers=key("of-acme")
        )
        hold.set()
        await _ended(http, begun.json()["id"])
        needs_all = await http.post("/v1/responses", json=ask | {"least_images": 7}, headers=key("of-acme"))
        later = await http.post("/v1/responses", json=ask | {"least_images": 4}, headers=key("of-acme"))

    check_refused(needs_promised, "pictures_per_day")
    assert needs_promised.headers["retry-after"] == "5"
    assert '"pictures";r=3;t=5' in needs_promised.headers["ratelimit"]
    assert (
        "3 are left, 5 are promised to answers under way, and this one needs 4"
        in needs_promised.json()["error"]["message"]
    )
    check_refused(needs_all, "pictures_per_day")
    assert f'"pictures";r=6;t={needs_all.headers["retry-after"]}' in needs_all.headers["ratelimit"]
    assert "6 are left, 0 are promised" in needs_all.json()["error"]["message"]
    assert later.status_code == 200


async def test_bytes_are_counted_as_they_are_kept_and_once_for_each_image(redis):
    # A WebP of few bytes becomes a PNG of many.
    sent = png(7, (256, 256), "WEBP")
    async with limited(redis, bytes_kept=2000) as http:
        sizes = []
        for _ in range(2):
            answer = await http.post("/v1/files", files={"file": ("a.webp", sent)}, headers=key("of-acme"))
            assert answer.status_code == 200, answer.text
            sizes.append(answer.json()["bytes"])
        refused = None
        for shade in range(8, 40):
            file = {"file": ("b.webp", png(shade, (256, 256), "WEBP"))}
            refused = await http.post("/v1/files", files=file, headers=key("of-acme"))
            if refused.status_code != 200:
                break
        other = await http.post("/v1/files", files={"file": ("a.webp", sent)}, headers=key("of-zeta"))

    assert sizes[0] > len(sent)
    assert refused is not None
    check_refused(refused, "bytes_kept")
    assert other.status_code == 200


async def test_pictures_that_were_drawn_count_as_kept(redis):
    async with limited(redis, bytes_kept=100) as http:
        first = await http.post("/v1/responses", json=ASK, headers=key("of-acme"))
        await _counted(http, 1)
        refused = await http.post("/v1/responses", json=ASK, headers=key("of-acme"))

    assert first.status_code == 200
    check_refused(refused, "bytes_kept")


async def test_an_answer_that_did_not_begin_takes_nobodys_place(redis):
    planner = Planner(RuntimeError("no"))
    async with limited(redis, planner, answers_at_once=1) as http:
        codes = [
            (await http.post("/v1/responses", json=ASK, headers=key("of-acme"))).status_code for _ in range(3)
        ]

    assert 429 not in codes


async def _ended(http: httpx.AsyncClient, id: str) -> None:
    async with asyncio.timeout(10):
        await http.get(f"/v1/responses/{id}?stream=true", headers=key("of-acme"))
    await _counted(http, 1)


async def _counted(http: httpx.AsyncClient, answers: int) -> None:
    """Wait until so many answers of acme are counted."""
    async with asyncio.timeout(10):
        while True:
            used = (await http.get("/v1/usage", headers=key("of-acme"))).json()
            if used["total"]["answers"] >= answers:
                return
            await asyncio.sleep(0.01)


def _pictures(answer: httpx.Response) -> list[dict[str, Any]]:
    return [item for item in answer.json()["output"] if item["type"] == "image_generation_call"]
