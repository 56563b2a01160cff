"""Whoever is at fault is told by the status, in every dialect alike, and whether coming back helps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from planner_service.client import PlanRefused
from tests.fakes import failed
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway
from visualizer_service.client import QueueFull

pytestmark = pytest.mark.integration

TEXTS: dict[str, tuple[dict[str, Any], str]] = {
    "/v1/responses": ({"input": "A story"}, "input"),
    "/v1/chat/completions": ({"messages": [{"role": "user", "content": "A story"}]}, "messages"),
    "/v1/images/generations": ({"prompt": "a fox"}, "prompt"),
    "/v1/ui-messages": (
        {"messages": [{"id": "m", "role": "user", "parts": [{"type": "text", "text": "A story"}]}]},
        "messages",
    ),
    "/v1beta/models/storybook:generateContent": (
        {"contents": [{"parts": [{"text": "A story"}]}]},
        "contents",
    ),
}
DRAW = {"prompt": "a fox", "planner": False}


async def ask(redis: Redis, path: str, body: dict[str, Any], planner: Planner, pool: Pool) -> Any:
    async with gateway(redis, planner, pool) as app, client(app) as http:
        return await http.post(path, json=body)


@pytest.mark.parametrize("path", TEXTS)
async def test_a_prompt_that_the_planner_refuses_is_the_clients_to_mend_by_its_own_field(redis, path):
    body, field = TEXTS[path]
    planner = Planner(PlanRefused("It has 9 tokens; at most 5 are read.", "prompt_too_long"))
    refused = await ask(redis, path, body, planner, Pool(redis))

    assert refused.status_code == 400
    assert "at most 5" in refused.text
    if "error" in refused.json() and "param" in refused.json()["error"]:
        assert refused.json()["error"]["param"] == field


@pytest.mark.parametrize("path", TEXTS)
async def test_a_planner_that_is_away_is_told_with_when_to_come_back(redis, path):
    body, _ = TEXTS[path]
    refused = await ask(redis, path, body, Planner(OSError("secret")), Pool(redis))

    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert "secret" not in refused.text


async def test_a_full_pool_is_told_with_when_to_come_back(redis):
    class Full(Pool):
        async def submit(self, job):
            raise QueueFull(1)

    refused = await ask(redis, "/v1/images/generations", DRAW, Planner(), Full(redis))

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "queue_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert "x-should-retry" not in refused.headers


@pytest.mark.parametrize(
    ("code", "status", "again"),
    [("rejected", 400, None), ("no_memory", 500, "false"), ("queue_unavailable", 503, None)],
)
async def test_a_picture_that_does_not_come_is_told_by_whose_fault_it_is(redis, code, status, again):
    class Failing(Pool):
        async def paint(self, job):
            self.say(job, failed(code))

    answer = await ask(redis, "/v1/images/generations", DRAW, Planner(), Failing(redis))

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers.get("x-should-retry") == again


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1beta/models/storybook:generateContent"])
async def test_an_answer_that_its_gateway_leaves_behind_is_told_to_ask_another(redis, path):
    planner = Planner(*STORY[:1], asyncio.Event())
    async with gateway(redis, planner, Pool(redis)) as app, client(app) as http:
        asking = asyncio.create_task(http.post(path, json=TEXTS[path][0]))
        await planner.was_asked.wait()
        await app.state.container.conductor.drain(0)
        left = await asking
        refused = await http.post(path, json=TEXTS[path][0])

    assert [answer.status_code for answer in (left, refused)] == [503, 503]
    assert all(int(answer.headers["retry-after"]) > 0 for answer in (left, refused))
