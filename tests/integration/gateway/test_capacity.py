"""A gateway that answers as many as it may: who comes then is refused at little cost, and told to come back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, listening

pytestmark = pytest.mark.integration

ASK = {"input": "A story", "background": True}
KEY = {"Idempotency-Key": "one"}
BROKEN = "data:image/png;base64,AAAA"
LOOK = {"role": "user", "content": [{"type": "input_image", "image_url": BROKEN}]}


class CountingPool(Pool):
    """Counts how often it is asked what it draws, and draws nothing."""

    def __init__(self, redis: Any) -> None:
        super().__init__(redis, draws=False)
        self.times = 0

    async def limits(self):
        self.times += 1
        return await super().limits()


@pytest.fixture
def pool(redis):
    return CountingPool(redis)


@asynccontextmanager
async def full(redis, pool) -> AsyncIterator[tuple[Any, dict[str, Any]]]:
    """A gateway that may answer one and does, and this answer."""
    async with gateway(redis, Planner(*STORY), pool, most_responses=1) as app, client(app) as http:
        begun = (await http.post("/v1/responses", json=ASK, headers=KEY)).json()
        pool.times = 0
        yield app, begun
        await http.post(f"/v1/responses/{begun['id']}/cancel")


async def test_one_answer_too_many_is_told_to_come_back(redis, pool):
    async with full(redis, pool) as (app, _), client(app) as http:
        refused = await http.post("/v1/responses", json=ASK)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
    assert int(refused.headers["retry-after"]) > 0
    assert "1 answers are under way" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/responses", {"input": [LOOK]}),
        ("/v1/images/edits", {"prompt": "a fox", "images": [{"image_url": BROKEN}]}),
    ],
)
async def test_a_request_is_refused_before_its_image_is_looked_at_and_the_pool_is_asked(
    redis, pool, path, body
):
    async with full(redis, pool) as (app, _), client(app) as http:
        refused = await http.post(path, json=body)

    assert refused.status_code == 503
    assert pool.times == 0


async def test_an_agent_is_refused_before_its_image_is_looked_at_and_the_pool_is_asked(redis, pool):
    async with full(redis, pool) as (app, _), listening(app) as url, Client(f"{url}/mcp") as agent:
        refused = await agent.call_tool("draw", {"description": "a fox", "references": [BROKEN]})

    assert refused.is_error
    assert "1 answers are under way" in refused.content[0].text
    assert pool.times == 0


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/responses", ASK | {"most_images": "many"}, "most_images"),
        ("/v1/images/edits", {"prompt": "a fox", "images": [{"image_url": BROKEN}], "n": "many"}, "n"),
    ],
)
async def test_a_wrong_form_is_still_told(redis, pool, path, body, field):
    async with full(redis, pool) as (app, _), client(app) as http:
        wrong = await http.post(path, json=body)

    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, field)


async def test_what_was_begun_under_a_key_is_still_found(redis, pool):
    async with full(redis, pool) as (app, begun), client(app) as http:
        again = await http.post("/v1/responses", json=ASK, headers=KEY)

    assert (again.status_code, again.json()["id"]) == (200, begun["id"])
