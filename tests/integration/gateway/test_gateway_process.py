"""`python -m gateway.main` as an operator runs it: ready, told to leave, gone."""

import asyncio
import contextlib
import os
import signal
import socket
import sys

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from planner_service.wire import PLAN_EVENT, PlanEvent, PlannerModel, PlanRequest
from tests.fakes import PLAN_DONE, says
from tests.integration.gateway.gateway_app import events, listening
from tests.ports import lasting_ports

pytestmark = pytest.mark.integration

ASK = {"input": "hello", "stream": True}
# A process on a busy machine reads its modules for half a minute.
START_S = 120


def line(event: PlanEvent) -> bytes:
    return PLAN_EVENT.dump_json(event) + b"\n"


class HttpPlanner:
    """A planner service that says one word, and the rest only when it is told to."""

    def __init__(self):
        self.begins, self.goes_on = asyncio.Event(), asyncio.Event()
        self.begins.set()
        self.asked, self.asked_again = asyncio.Event(), asyncio.Event()
        self.app = Starlette(
            routes=[
                Route("/v1/model", self.model),
                Route("/readyz", self.ready),
                Route("/v1/plan", self.plan, methods=["POST"]),
            ]
        )

    async def model(self, request):
        return JSONResponse(PlannerModel(name="p", sees_images=False, max_prompt_tokens=100).model_dump())

    async def ready(self, request):
        return JSONResponse({})

    async def plan(self, request):
        written = PlanRequest.model_validate_json(await request.body()).written

        async def lines():
            self.asked.set()
            await self.begins.wait()
            if written:
                self.asked_again.set()
            else:
                yield line(says("Once"))
            await self.goes_on.wait()
            yield line(says(" upon a time."))
            yield line(PLAN_DONE)

        return StreamingResponse(lines(), media_type="application/x-ndjson")


@contextlib.asynccontextmanager
async def running(redis_url, planner_url, module="gateway.main", **more):
    """A gateway process that is ready, as (process, url)."""
    [port] = lasting_ports(1)
    env = os.environ | {
        "GATEWAY_PORT": str(port),
        "GATEWAY_REDIS_URL": redis_url,
        "GATEWAY_PLANNER_URL": planner_url,
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, env=env | more)
    try:
        await ready(f"http://127.0.0.1:{port}")
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def ready(url):
    async with asyncio.timeout(START_S), httpx.AsyncClient(base_url=url) as http:
        while True:
            with contextlib.suppress(httpx.ConnectError):
                if (await http.get("/readyz")).is_success:
                    return
            await asyncio.sleep(0.1)


@pytest.fixture
async def planner():
    planner = HttpPlanner()
    async with listening(planner.app) as url:
        yield planner, url
        planner.begins.set()
        planner.goes_on.set()


async def begun(response, seen):
    """Read until the answer has begun."""
    async for line in response:
        seen.append(line)
        if "Once" in line:
            return


async def test_open_answers_end_well_within_the_grace_and_nothing_new_is_taken(redis, redis_url, planner):
    script, planner_url = planner
    seen = []
    async with running(redis_url, planner_url) as (process, url), httpx.AsyncClient(base_url=url) as http:
        async with http.stream("POST", "/v1/responses", json=ASK) as response:
            lines = response.aiter_lines()
            await begun(lines, seen)
            process.send_signal(signal.SIGTERM)
            await refuses(http)
            refused = await http.post("/v1/responses", json=ASK)
            script.goes_on.set()
            seen += [line async for line in lines]

        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
        last = events("\n".join(seen))[-1]
        assert last["type"] == "response.completed"
        assert last["response"]["output"][0]["content"][0]["text"] == "Once upon a time."
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def refuses(http):
    async with asyncio.timeout(5):
        while (await http.get("/readyz")).is_success:  # noqa: ASYNC110 - another process says so, by HTTP only
            await asyncio.sleep(0.01)


async def test_an_answer_that_does_not_end_in_time_ends_with_a_typed_error_streamed_or_not(
    redis, redis_url, planner
):
    _, planner_url = planner
    seen = []
    short = {"GATEWAY_SHUTDOWN_S": "0.2"}
    async with (
        running(redis_url, planner_url, **short) as (process, url),
        httpx.AsyncClient(base_url=url) as http,
    ):
        waiting = asyncio.create_task(http.post("/v1/responses", json={"input": "hello"}, timeout=60))
        async with http.stream("POST", "/v1/responses", json=ASK) as response:
            lines = response.aiter_lines()
            await begun(lines, seen)
            process.send_signal(signal.SIGTERM)
            seen += [line async for line in lines]
        refused = await waiting

        last = events("\n".join(seen))[-1]
        assert (last["type"], last["code"]) == ("error", "shutting_down")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_whoever_waits_for_the_first_word_at_a_process_that_leaves_is_told_so(
    redis, redis_url, planner
):
    script, planner_url = planner
    script.begins.clear()
    short = {"GATEWAY_SHUTDOWN_S": "0.2"}
    async with (
        running(redis_url, planner_url, **short) as (process, url),
        httpx.AsyncClient(base_url=url) as http,
    ):
        waiting = [
            asyncio.create_task(http.post(path, json=body, timeout=60))
            for path, body in (
                ("/v1/responses", ASK),
                ("/v1/chat/completions", {"messages": [{"role": "user", "content": "hello"}]}),
            )
        ]
        await asyncio.wait_for(script.asked.wait(), 5)
        process.send_signal(signal.SIGTERM)
        for refused in await asyncio.gather(*waiting):
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")
            assert refused.headers["retry-after"]
        assert await asyncio.wait_for(process.wait(), 10) == 0


async def test_the_metrics_may_have_a_port_of_their_own_and_the_studio_be_off(redis, redis_url, planner):
    _, planner_url = planner
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    more = {"GATEWAY_METRICS_PORT": str(port), "GATEWAY_STUDIO": "false"}
    async with running(redis_url, planner_url, **more) as (process, url), httpx.AsyncClient() as http:
        told = await http.get(f"http://127.0.0.1:{port}/metrics")
        hidden = [(await http.get(url + path)).status_code for path in ("/metrics", "/", "/studio/page.js")]
        process.send_signal(signal.SIGTERM)
        left = await asyncio.wait_for(process.wait(), 10)

    assert "gateway_open_streams" in told.text
    assert (hidden, left) == ([404] * 3, 0)


async def test_an_answer_goes_on_at_another_gateway_when_its_own_is_told_to_leave(redis, redis_url, planner):
    script, planner_url = planner
    seen = []
    async with (
        running(redis_url, planner_url) as (leaving, url),
        running(redis_url, planner_url) as (_, other_url),
        httpx.AsyncClient(timeout=30) as http,
    ):
        async with http.stream("POST", f"{url}/v1/responses", json=ASK) as response:
            lines = response.aiter_lines()
            await begun(lines, seen)
            id = events("\n".join(seen))[0]["response"]["id"]
            leaving.send_signal(signal.SIGTERM)
            await script.asked_again.wait()
            script.goes_on.set()
            seen += [line async for line in lines]
        elsewhere = await http.get(f"{other_url}/v1/responses/{id}", params={"stream": True})
        assert await asyncio.wait_for(leaving.wait(), 20) == 0

    told = events("\n".join(seen))
    assert told[-1]["type"] == "response.completed"
    assert told[-1]["response"]["output"][0]["content"][0]["text"] == "Once upon a time."
    assert events(elsewhere.text) == told


async def test_a_loop_that_has_ended_ends_the_process_which_says_so_before_and_loses_no_answer(
    redis, redis_url, planner
):
    script, planner_url = planner
    seen = []
    async with (
        running(redis_url, planner_url, "tests.faulty_gateway") as (process, url),
        httpx.AsyncClient(base_url=url) as http,
    ):
        async with http.stream("POST", "/v1/responses", json=ASK) as response:
            lines = response.aiter_lines()
            await begun(lines, seen)
            process.send_signal(signal.SIGUSR1)
            await refuses(http)
            told = await http.get("/readyz")
            script.goes_on.set()
            seen += [line async for line in lines]
        left = await asyncio.wait_for(process.wait(), 10)

    assert (told.status_code, told.json()["loops"], left) == (503, False, 1)
    assert events("\n".join(seen))[-1]["type"] == "response.completed"


async def test_a_bad_setting_stops_the_start(redis_url):
    env = os.environ | {"GATEWAY_PORT": "none", "GATEWAY_API_KEYS": '{"secret": "acme"}'}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.main", env=env, stderr=asyncio.subprocess.PIPE
    )
    _, told = await process.communicate()

    assert process.returncode != 0
    assert b"port" in told
    assert b"secret" not in told
