"""Service and client together, over real HTTP on the loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from planner_service.backend import Chunk
from planner_service.client import Planner, PlannerUnavailable, PlanRefused
from planner_service.errors import EngineFailed
from planner_service.main import DrainingServer
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.routes import build_app
from planner_service.wire import PLAN_EVENT, PlanDone, PlanEvent, PlanFailed, ReasoningDelta, TextDelta
from tests.unit.planner.scripted import STORY, USAGE, ScriptedBackend, plan_request

GOLDEN = Path(__file__).parents[2] / "golden" / "plan.ndjson"
DONE = PlanDone(finish_reason="stop", usage=USAGE)


@asynccontextmanager
async def served(backend: ScriptedBackend, grace_s: float = 5) -> AsyncIterator[tuple[str, DrainingServer]]:
    """The planner's app around a backend, and the server that runs it."""
    metrics = Metrics(CollectorRegistry())
    plans = Plans(backend, metrics, timeout_s=10)
    config = uvicorn.Config(build_app(backend, plans, metrics), log_config=None, timeout_graceful_shutdown=2)
    server = DrainingServer(config, plans, grace_s)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = "http://{}:{}".format(*listener.getsockname())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield url, server
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def answering(body: bytes) -> AsyncIterator[str]:
    """The address of a planner that answers every plan with these bytes."""

    async def plan(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_post("/v1/plan", plan)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def collect(planner: Planner, **fields: object) -> list[PlanEvent]:
    return [event async for event in planner.plan(plan_request(**fields))]


async def test_a_plan_travels_as_the_golden_lines():
    async with served(ScriptedBackend(*STORY)) as (url, _), httpx.AsyncClient(base_url=url) as http:
        response = await http.post("/v1/plan", json=plan_request().model_dump())
    assert response.headers["content-type"].startswith("application/x-ndjson")
    assert response.text == GOLDEN.read_text(encoding="utf-8")


async def test_the_client_yields_the_events_and_the_service_gets_the_request():
    backend = ScriptedBackend(*STORY)
    async with served(backend) as (url, _), Planner(url) as planner:
        events = await collect(planner, mode="interleaved", seed=3)
        assert (await planner.model()).name == "scripted"
        assert await planner.ready()
    assert events[-1] == PlanDone(finish_reason="stop", usage=USAGE)
    assert backend.requests == [plan_request(mode="interleaved", seed=3)]


async def test_what_a_planner_serves_is_asked_for_again_after_a_moment(monkeypatch: pytest.MonkeyPatch):
    async with AsyncExitStack() as stack:
        async with served(ScriptedBackend()) as (url, _):
            planner = await stack.enter_async_context(Planner(url))
            known = await planner.model()
        assert await planner.model() == known
        monkeypatch.setattr("planner_service.client.BELIEVED_S", 0)
        with pytest.raises(PlannerUnavailable):
            await planner.model()


@pytest.mark.parametrize(
    "refusal", [PlanRefused("over 100 tokens", "prompt_too_long"), PlanRefused("bad image")]
)
async def test_a_refusal_comes_before_the_stream_with_its_reason(refusal: PlanRefused):
    async with served(ScriptedBackend(refuses=refusal)) as (url, _), Planner(url) as planner:
        with pytest.raises(PlanRefused) as caught:
            await collect(planner)
    assert (str(caught.value), caught.value.code) == (str(refusal), refusal.code)


async def test_an_invalid_request_is_told_its_field():
    async with served(ScriptedBackend()) as (url, _), httpx.AsyncClient(base_url=url) as http:
        response = await http.post("/v1/plan", json={"id": "r", "messages": [], "colour": "red"})
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request"
    assert response.json()["message"].startswith("messages: ")


async def test_a_planner_that_is_down_or_refuses_service_is_unavailable():
    async with Planner("http://127.0.0.1:9") as planner:
        assert not await planner.ready()
        for call in (planner.model, lambda: collect(planner)):
            with pytest.raises(PlannerUnavailable):
                await call()
    async with served(ScriptedBackend(refuses=PlannerUnavailable())) as (url, _), Planner(url) as planner:
        with pytest.raises(PlannerUnavailable):
            await collect(planner)


async def test_an_engine_that_dies_mid_answer_ends_the_stream_with_a_typed_event():
    async with served(ScriptedBackend(Chunk("A fox. "), EngineFailed())) as (url, _), Planner(url) as planner:
        assert await collect(planner) == [TextDelta(text="A fox. "), PlanFailed(code="engine_failed")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", None),
        (b"no json\n", None),
        (b'{"type":"text_delta","text":"A"}\n', [TextDelta(text="A"), PlanFailed(code="engine_failed")]),
        (
            b'{"type":"text_delta","text":"A"}\n{"type":"te',
            [TextDelta(text="A"), PlanFailed(code="engine_failed")],
        ),
    ],
    ids=["nothing", "garbage", "cut between events", "cut inside an event"],
)
async def test_a_stream_that_breaks_is_unavailable_at_first_and_a_failed_plan_later(
    body: bytes, expected: list[PlanEvent] | None
):
    async with answering(body) as url, Planner(url) as planner:
        if expected is None:
            with pytest.raises(PlannerUnavailable):
                await collect(planner)
        else:
            assert await collect(planner) == expected


async def test_a_reader_that_goes_away_aborts_the_plan():
    backend = ScriptedBackend(Chunk("A fox. "), ScriptedBackend.WAIT)
    async with served(backend) as (url, _), Planner(url) as planner:
        events = planner.plan(plan_request())
        assert await anext(events) == TextDelta(text="A fox. ")
        await events.aclose()
        await asyncio.wait_for(backend.aborted.wait(), 5)


async def test_events_arrive_while_the_plan_is_written():
    backend = ScriptedBackend(Chunk("A fox. "), ScriptedBackend.WAIT)
    async with served(backend) as (url, _), Planner(url) as planner:
        events = planner.plan(plan_request())
        assert await asyncio.wait_for(anext(events), 5) == TextDelta(text="A fox. ")
        assert not backend.aborted.is_set()
        await events.aclose()


async def test_a_planner_that_falls_silent_is_lost_before_its_first_word_and_after_it():
    for said, expected in [
        ((), None),
        ((Chunk("A fox. "),), [TextDelta(text="A fox. "), PlanFailed(code="engine_failed")]),
    ]:
        backend = ScriptedBackend(*said, ScriptedBackend.WAIT)
        async with served(backend) as (url, _), Planner(url, silence_s=0.3) as planner:
            if expected is None:
                with pytest.raises(PlannerUnavailable):
                    await collect(planner)
            else:
                assert await collect(planner) == expected
            await asyncio.wait_for(backend.aborted.wait(), 5)


async def test_a_planner_that_falls_silent_in_its_refusal_is_lost():
    gone = asyncio.Event()

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b'HTTP/1.1 422 No\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"co')
        while await reader.read(1000):
            pass
        gone.set()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        url = "http://{}:{}".format(*server.sockets[0].getsockname())
        async with Planner(url, silence_s=0.3) as planner, asyncio.timeout(5):
            with pytest.raises(PlannerUnavailable):
                await collect(planner)
            await gone.wait()


async def test_texts_that_come_together_are_one_event_and_thoughts_another():
    told = [
        ReasoningDelta(text="Hm"),
        ReasoningDelta(text="m."),
        TextDelta(text="A "),
        TextDelta(text="fox"),
        DONE,
    ]
    body = b"".join(PLAN_EVENT.dump_json(event) + b"\n" for event in told)
    async with answering(body) as url, Planner(url) as planner:
        assert await collect(planner) == [ReasoningDelta(text="Hmm."), TextDelta(text="A fox"), DONE]


async def test_a_draining_server_is_not_ready_and_fails_what_outlasts_its_grace():
    backend = ScriptedBackend(Chunk("A fox. "), ScriptedBackend.WAIT)
    async with served(backend, grace_s=0) as (url, server), Planner(url) as planner:
        events = planner.plan(plan_request())
        await anext(events)
        server.drain()
        assert [event async for event in events] == [PlanFailed(code="shutting_down")]
        assert not await planner.ready()


async def test_readiness_follows_the_backend_and_figures_are_shown():
    backend = ScriptedBackend(*STORY)
    async with served(backend) as (url, _), Planner(url) as planner, httpx.AsyncClient(base_url=url) as http:
        await collect(planner)
        backend.is_ready = False
        assert not await planner.ready()
        assert (await http.get("/healthz")).status_code == 200
        assert 'planner_plans_total{outcome="stop"} 1.0' in (await http.get("/metrics")).text


def test_every_golden_line_is_one_event():
    kinds = [json.loads(line)["type"] for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    assert kinds == ["text_delta", "slot_open", "slot", "text_delta", "text_delta", "plan_done"]


async def test_a_line_ends_where_the_service_ended_it_whatever_the_text_holds():
    told = [TextDelta(text="a\u2028b\x85c\x0bd"), DONE]
    body = "".join(PLAN_EVENT.dump_json(event).decode() + "\n" for event in told)
    async with answering(body.encode()) as url, Planner(url) as planner:
        assert await collect(planner) == told
