"""Requests sent again, and the ids of requests, as a client meets them."""

import asyncio

import pytest
from redis.asyncio import Redis

from planner_service.client import PlannerUnavailable
from tests.integration.gateway.gateway_app import Planner, Pool, client, events, gateway, png

pytestmark = pytest.mark.integration

KEY = {"Idempotency-Key": "k1"}
BODIES = {
    "/v1/responses": {"input": "A story"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "A story"}]},
    "/v1/images/generations": {"prompt": "a fox", "planner": False},
}


@pytest.fixture
async def app(redis: Redis, planner: Planner, pool: Pool):
    async with gateway(redis, planner, pool, api_keys={"key-a": "acme", "key-z": "zeta"}) as app:
        yield app


@pytest.fixture
async def http(app):
    async with client(app, headers={"authorization": "Bearer key-a"}) as http:
        yield http


@pytest.mark.parametrize("path", BODIES)
async def test_the_same_request_under_its_key_gets_the_same_answer(http, pool, path):
    first = await http.post(path, json=BODIES[path], headers=KEY)
    drawn = len(pool.jobs)
    again = await http.post(path, json=BODIES[path], headers=KEY)

    assert first.status_code == 200
    assert again.json() == first.json()
    assert len(pool.jobs) == drawn


async def test_another_request_under_the_key_is_refused(http):
    await http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY)
    other = await http.post("/v1/responses", json={"input": "Another"}, headers=KEY)
    elsewhere = await http.post("/v1/chat/completions", json=BODIES["/v1/chat/completions"], headers=KEY)

    for refused in (other, elsewhere):
        assert (refused.status_code, refused.json()["error"]["param"]) == (422, "Idempotency-Key")
        assert refused.json()["error"]["code"] == "idempotency_key_used"


async def test_a_key_belongs_to_a_tenant(http, planner):
    zeta = {"authorization": "Bearer key-z"}
    first = await http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY)
    other = await http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY | zeta)

    assert first.json()["id"] != other.json()["id"]
    assert len(planner.asked) == 2


async def test_a_stream_can_be_asked_for_again(http):
    ask = BODIES["/v1/responses"] | {"stream": True}
    first = await http.post("/v1/responses", json=ask, headers=KEY)
    again = await http.post("/v1/responses", json=ask, headers=KEY)

    assert events(again.text) == events(first.text)


async def test_a_request_that_was_not_begun_leaves_its_key_free(http, planner):
    script, planner.script = planner.script, [PlannerUnavailable("away")]
    refused = await http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY)
    planner.script = script
    made = await http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY)

    assert (refused.status_code, made.status_code) == (503, 200)


async def test_a_request_that_is_being_taken_in_is_not_begun_twice(http, planner):
    go_on = asyncio.Event()
    planner.script = [go_on, *planner.script]
    asking = asyncio.create_task(http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY))
    await planner.was_asked.wait()
    early = await http.post("/v1/responses", json=BODIES["/v1/responses"], headers=KEY)
    go_on.set()

    assert (early.status_code, early.headers["retry-after"]) == (409, "1")
    assert (await asking).status_code == 200
    assert len(planner.asked) == 1


async def test_the_same_form_is_the_same_request_whatever_its_boundary(http, pool):
    form = {"data": {"prompt": "a fox"}, "headers": KEY}
    first = await http.post("/v1/images/edits", files={"image": ("a.png", png(1), "image/png")}, **form)
    again = await http.post("/v1/images/edits", files={"image": ("a.png", png(1), "image/png")}, **form)
    other = await http.post("/v1/images/edits", files={"image": ("a.png", png(2), "image/png")}, **form)

    assert again.json() == first.json()
    assert other.status_code == 422


async def test_a_file_is_kept_once_for_each_key(http):
    def send(shade):
        files = {"file": ("fox.png", png(shade), "image/png")}
        return http.post("/v1/files", files=files, data={"purpose": "vision"}, headers=KEY)

    first, again, other = await send(1), await send(1), await send(2)

    assert first.status_code == 200
    assert again.json() == first.json()
    assert (other.status_code, other.json()["error"]["param"]) == (422, "Idempotency-Key")
    assert len((await http.get("/v1/files")).json()["data"]) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/models"), ("GET", "/nowhere"), ("POST", "/v1/responses"), ("PUT", "/healthz")],
)
async def test_every_answer_bears_the_id_of_its_request(http, method, path):
    given = await http.request(method, path, headers={"X-Request-Id": "mine-1"})
    made = await http.request(method, path)
    replaced = await http.request(method, path, headers={"X-Request-Id": "x" * 129})

    assert given.headers.get_list("x-request-id") == ["mine-1"]
    assert made.headers["x-request-id"].startswith("req_")
    assert replaced.headers["x-request-id"].startswith("req_")


async def test_an_unexpected_failure_bears_it_too(http, pool):
    async def broken():
        raise RuntimeError("secret")

    pool.limits = broken
    failed = await http.get("/v1/models", headers={"X-Request-Id": "mine-1"})

    assert (failed.status_code, failed.headers.get_list("x-request-id")) == (500, ["mine-1"])
