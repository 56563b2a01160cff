"""Servers that refuse, break off, or write what is no plan: what the `openai` backend makes of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from planner_service.engines.upstream import UpstreamBackend
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.settings import Settings
from planner_service.wire import (
    PlanFailed,
    Slot,
    TextDelta,
)
from tests.unit.planner.engines.planning import backend_of
from tests.unit.planner.engines.upstream_server import Upstream, choice, event
from tests.unit.planner.scripted import events_of


async def test_a_connection_that_breaks_in_the_middle_is_the_servers_failure():
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        said = event({"choices": [choice("A fox. ", None)]}).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + b"%x\r\n%b\r\n" % (len(said), said))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        url = "http://{}:{}/v1".format(*server.sockets[0].getsockname())
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url))
        events = await events_of(backend)
        await backend.close()
    assert events[0] == TextDelta(text="A fox. ")
    assert isinstance(events[-1], PlanFailed)
    assert events[-1].code == "upstream_failed"


@pytest.mark.parametrize(
    "plan", ["<imagine>a <imagine>fox</imagine>", "<imagine>a fox</imagine !>", "<imagine></imagine>"]
)
async def test_a_plan_beyond_repair_fails_and_is_never_passed_on(plan: str):
    async with backend_of(Upstream("Once. ", plan, "never seen")) as backend:
        events = await events_of(backend)
    assert events[-1] == PlanFailed(code="malformed_plan")
    assert not any(isinstance(event, Slot) for event in events)
    assert not any(
        "imagine" in event.text or "never" in event.text for event in events if isinstance(event, TextDelta)
    )


@pytest.mark.parametrize(
    "upstream", [Upstream("A fox. ", finish=None), Upstream("A fox. ", finish="content_filter")]
)
async def test_a_stream_that_breaks_off_fails_the_plan(upstream: Upstream):
    async with backend_of(upstream) as backend:
        assert await events_of(backend) == [TextDelta(text="A fox. "), PlanFailed(code="upstream_failed")]


@pytest.mark.parametrize(
    ("status", "error"), [(400, PlanRefused), (429, PlannerUnavailable), (500, PlannerUnavailable)]
)
async def test_an_upstream_refusal_comes_before_the_stream_and_tells_no_details(
    status: int, error: type[Exception]
):
    async with backend_of(Upstream(status=status)) as backend:
        with pytest.raises(error) as caught:
            await events_of(backend)
    assert "secret" not in str(caught.value)


async def test_an_upstream_that_is_down_is_unavailable():
    backend = UpstreamBackend(Settings(backend="openai", upstream_url="http://127.0.0.1:9/v1"))
    assert not await backend.ready()
    with pytest.raises(PlannerUnavailable):
        await events_of(backend)
    await backend.close()


async def test_an_upstream_that_takes_the_question_and_says_nothing_is_unavailable():
    is_left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        await writer.wait_closed()
        is_left.set()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = "http://{}:{}/v1".format(*server.sockets[0].getsockname())
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url, plan_timeout_s=0.2))
        with pytest.raises(PlannerUnavailable, match="does not answer"):
            await events_of(backend)
        await is_left.wait()
        await backend.close()


@asynccontextmanager
async def cut_once(url: str) -> AsyncIterator[str]:
    """A server's address, at which the first connection is closed once a request has come, and any other is passed on."""
    place = urlsplit(url)
    cut = asyncio.Event()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not cut.is_set():
            await reader.readuntil(b"\r\n\r\n")
            cut.set()
            writer.close()
            return
        there, back = await asyncio.open_connection(place.hostname, place.port)
        await asyncio.gather(passed(reader, back), passed(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield "http://{}:{}/v1".format(*server.sockets[0].getsockname())


async def test_a_connection_that_the_server_closes_as_it_is_asked_is_asked_again():
    async with Upstream("A fox.").served() as real, cut_once(real) as url:
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url))
        try:
            assert (await events_of(backend))[0] == TextDelta(text="A fox.")
        finally:
            await backend.close()
