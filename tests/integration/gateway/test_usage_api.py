"""What was used: told in each answer, summed for each tenant."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.fakes import PLAN_DONE, USAGE, says
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway

pytestmark = pytest.mark.integration

ASK = {"input": "A story"}
KEYS = {"of-acme": "acme", "of-acme-too": "acme", "of-zeta": "zeta"}
NOTHING = {
    "answers": 0,
    "input_tokens": 0,
    "cached_tokens": 0,
    "output_tokens": 0,
    "images": 0,
    "pixels": 0,
    "gpu_seconds": 0.0,
}


def key(word: str) -> dict[str, str]:
    return {"authorization": f"Bearer {word}"}


async def used(http: httpx.AsyncClient, answers: int, word: str = "of-acme", query: str = "") -> Any:
    """The tenant's usage, once so many answers are counted."""
    async with asyncio.timeout(10):
        while True:
            told = (await http.get(f"/v1/usage{query}", headers=key(word))).json()
            if told["total"]["answers"] >= answers:
                return told
            await asyncio.sleep(0.01)


async def test_usage_is_summed_for_a_tenant_and_told_by_key(redis):
    async with (
        gateway(redis, Planner(*STORY), Pool(redis), api_keys=KEYS) as app,
        client(app) as http,
    ):
        for word in ("of-acme", "of-acme", "of-acme-too"):
            await http.post("/v1/responses", json=ASK, headers=key(word))
        told = await used(http, 3)
        other = await used(http, 0, "of-zeta")
        metrics = (await http.get("/metrics")).text
        by_key = {one["key"]: one for one in told["data"]}
        alone = await used(http, 1, query=f"?key={next(iter(by_key))}")

    assert told["total"]["images"] == 6
    assert told["total"]["pixels"] == 6 * 64 * 64
    assert told["total"]["input_tokens"] == 3 * USAGE.input_tokens
    assert sorted(one["answers"] for one in by_key.values()) == [1, 2]
    assert alone["total"]["answers"] in (1, 2)
    assert other["total"] == NOTHING
    assert 'gateway_tenant_pictures_total{tenant="acme"} 6.0' in metrics


async def test_a_cancelled_answer_tells_and_counts_what_it_took(redis):
    never = asyncio.Event()
    planner = Planner(says("Once upon a time. "), never, PLAN_DONE)
    async with gateway(redis, planner, Pool(redis), api_keys=KEYS) as app, client(app) as http:
        begun = (
            await http.post("/v1/responses", json=ASK | {"background": True}, headers=key("of-acme"))
        ).json()
        ended = (await http.post(f"/v1/responses/{begun['id']}/cancel", headers=key("of-acme"))).json()
        told = await used(http, 1)

    assert ended["status"] == "cancelled"
    assert ended["usage"]["estimated"] is True
    assert ended["usage"]["input_tokens"] > 0
    assert ended["usage"]["output_tokens"] > 0
    assert told["total"]["output_tokens"] == ended["usage"]["output_tokens"]


async def test_without_keys_usage_is_everybodys(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        await http.post("/v1/responses", json=ASK)
        told = await used(http, 1)

    assert (told["tenant"], [one["key"] for one in told["data"]]) == ("default", ["none"])


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("?start_date=2026-01-02&end_date=2026-01-01", "start_date"),
        ("?start_date=2020-01-01&end_date=2026-01-01", "start_date"),
        ("?start_date=yesterday", "start_date"),
        ("?end_date=0001-01-05", "end_date"),
        ("?start_date=1969-12-31&end_date=1970-01-05", "start_date"),
    ],
)
async def test_days_that_are_none_are_refused(redis, query, param):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        refused = await http.get(f"/v1/usage{query}")

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, param)


async def test_days_gone_by_have_nothing(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        await http.post("/v1/responses", json=ASK)
        await used(http, 1)
        told = (await http.get("/v1/usage?start_date=2025-01-01&end_date=2025-01-31")).json()

    assert (told["data"], told["total"]) == ([], NOTHING)
