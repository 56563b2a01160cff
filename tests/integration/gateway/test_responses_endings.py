"""How a response ends before its time: planners that fail, clients that leave, more answers than are made at once."""

import asyncio
import contextlib

import httpx
import pytest

from planner_service.client import PlannerUnavailable, PlanRefused
from tests.fakes import says, slot
from tests.integration.gateway.gateway_app import (
    client,
    events,
    eventually,
    gateway,
    listening,
    png,
    sdk,
    shown,
)

pytestmark = pytest.mark.integration

ASK = {"model": "storybook", "input": "Tell me a story about a fox at the sea, with 2 pictures"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PlannerUnavailable("secret"), 503, "planner_unavailable"),
        (
            PlanRefused("The prompt has 9000 tokens; at most 4000 fit.", "prompt_too_long"),
            400,
            "context_length_exceeded",
        ),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
async def test_a_planner_that_does_not_begin_is_an_error_before_the_stream(
    http, planner, error, status, code, stream
):
    planner.script = [error]

    refused = await http.post("/v1/responses", json=ASK | {"stream": stream})

    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert "secret" not in refused.text
    assert ("retry-after" in refused.headers) == (status == 503)


async def test_a_planner_that_dies_in_the_middle_ends_the_stream_with_a_typed_event(http, planner):
    planner.script = [says("Once."), *slot(0), RuntimeError("secret")]

    streamed = events((await http.post("/v1/responses", json=ASK | {"stream": True})).text)

    assert streamed[-1]["type"] == "response.failed"
    final = streamed[-1]["response"]
    assert (final["status"], final["error"]["code"]) == ("failed", "planner_upstream_failed")
    assert [item["status"] for item in final["output"]] == ["completed", "completed"]


@contextlib.asynccontextmanager
async def streamed(http, **asked):
    async with http.stream("POST", "/v1/responses", json=ASK | {"stream": True} | asked) as response:
        yield response.aiter_lines()


async def test_a_client_that_leaves_a_stream_ends_plan_and_pictures(app, planner, pool):
    pool.draws = False
    forever = asyncio.Event()
    planner.script = [says("Once."), *slot(0), says("more"), forever]
    async with listening(app) as url, httpx.AsyncClient(base_url=url) as http:
        async with streamed(http) as lines:
            async for line in lines:
                if "more" in line:
                    break
        await eventually(lambda: planner.closed == 1 and len(pool.cancelled) == 1)
        await eventually(lambda: app.state.container.streams.open == 0)


async def test_a_client_that_leaves_a_plain_request_ends_it_too(app, planner, pool):
    pool.draws = False
    async with listening(app) as url, httpx.AsyncClient(base_url=url) as http:
        asking = asyncio.create_task(http.post("/v1/responses", json=ASK))
        await asyncio.wait_for(pool.submitted.wait(), 5)
        asking.cancel()
        await eventually(lambda: len(pool.cancelled) == 1)


async def test_a_client_that_leaves_a_background_response_does_not_end_it(app, planner, pool):
    pool.draws = False
    async with listening(app) as url, httpx.AsyncClient(base_url=url) as http:
        async with streamed(http, background=True) as lines:
            await anext(lines)
        await asyncio.sleep(0.6)
        assert pool.cancelled == []


async def test_text_arrives_while_the_picture_is_still_drawn(app, pool):
    pool.draws = False
    seen = []
    async with listening(app) as url, httpx.AsyncClient(base_url=url) as http, streamed(http) as lines:
        async for line in lines:
            seen.append(line)
            if "Then the sea." in line and len(pool.jobs) == 1:
                await pool.paint(pool.jobs[0])
                await eventually(lambda: len(pool.jobs) == 2)
                await pool.paint(pool.jobs[1])

    assert "event: response.completed" in seen


async def test_heartbeats_do_not_disturb_the_sdk(redis, planner, pool):
    planner.pace_s = 0.05
    async with gateway(redis, planner, pool, heartbeat_s=0.005) as app, sdk(app) as api, client(app) as http:
        assert ": hb\n" in (await http.post("/v1/responses", json=ASK | {"stream": True})).text
        async with api.responses.stream(**ASK) as stream:
            final = await stream.get_final_response()

    assert shown(final) == ["Once. A fox.", png(0), "Then the sea.", png(1)]


async def test_more_answers_than_are_made_at_once_are_refused_with_a_time_to_come_back(redis, planner, pool):
    pool.draws = False
    async with gateway(redis, planner, pool, most_responses=1) as app, client(app) as http:
        await http.post("/v1/responses", json=ASK | {"background": True})
        refused = await http.post("/v1/responses", json=ASK)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "overloaded")
    assert int(refused.headers["retry-after"]) > 0
