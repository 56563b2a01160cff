"""A Redis that takes commands and answers none: whatever a gateway is asked, it answers within its patience."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.integration.gateway.gateway_app import events, listening, png
from tests.integration.gateway.test_gateway_process import HttpPlanner, running
from tests.redis_server import RedisServer
from visualizer_service.queue.connection import ANSWER_S

pytestmark = pytest.mark.integration

STORE_S = 1
# For a busy machine. Without a deadline nothing would be answered for as long as Redis hangs.
SLACK_S = 20
ASK = {"input": "hello"}
CHAT = {"model": "storybook", "messages": [{"role": "user", "content": "hello"}]}
GOOGLE = {"contents": [{"parts": [{"text": "hello"}]}]}
TOOL = {"name": "draw", "arguments": {"description": "a fox"}}
MCP = {
    "json": {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": TOOL},
    "headers": {"accept": "application/json, text/event-stream"},
}
UPLOAD = {"files": {"file": ("fox.png", png(1), "image/png")}, "data": {"purpose": "vision"}}

Asked = tuple[str, str, dict[str, Any]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def http(server: RedisServer) -> AsyncIterator[httpx.AsyncClient]:
    planner = HttpPlanner()
    planner.goes_on.set()
    chosen = {"GATEWAY_PATIENCE__STORE_S": str(STORE_S), "GATEWAY_MODEL": "storybook"}
    async with (
        listening(planner.app) as planner_url,
        running(server.url, planner_url, **chosen) as (_, url),
        httpx.AsyncClient(base_url=url, timeout=STORE_S + ANSWER_S + SLACK_S) as http,
    ):
        yield http


def of_each_type(answer: str, file: str) -> list[Asked]:
    """Requests, one of each type, as method, path and what is sent; `answer` and `file` are ids."""
    return [
        ("POST", "/v1/responses", {"json": ASK}),
        ("POST", "/v1/responses", {"json": ASK | {"stream": True}}),
        ("POST", "/v1/responses", {"json": ASK, "headers": {"idempotency-key": "k"}}),
        ("POST", "/v1/chat/completions", {"json": CHAT}),
        ("POST", "/v1/images/generations", {"json": {"prompt": "a fox"}}),
        ("POST", "/v1beta/models/storybook:generateContent", {"json": GOOGLE}),
        ("POST", "/v1/files", UPLOAD),
        ("GET", f"/v1/files/{file}/content", {}),
        ("GET", f"/v1/responses/{answer}", {}),
        ("GET", f"/v1/responses/{answer}", {"params": {"stream": True}}),
        ("POST", f"/v1/responses/{answer}/cancel", {}),
        ("GET", "/v1/models", {}),
    ]


async def test_whatever_is_asked_while_redis_hangs_is_answered_within_its_patience(
    server: RedisServer, http: httpx.AsyncClient
):
    answer = (await http.post("/v1/responses", json=ASK)).json()["id"]
    file = (await http.post("/v1/files", **UPLOAD)).json()["id"]
    asked = of_each_type(answer, file)
    with server.hung():
        replies = await asyncio.gather(
            *(http.request(method, path, **sent) for method, path, sent in asked),
            http.post("/mcp", **MCP),
            http.get("/readyz"),
        )
    *refused, tool, readiness = replies

    assert [reply.status_code for reply in refused] == [503] * len(asked)
    assert all("store_unavailable" in reply.text.lower() for reply in refused)
    [told] = events(tool.text.replace("\r", ""))
    assert told["result"]["isError"]
    assert (readiness.status_code, readiness.json()["redis"]) == (503, False)
    assert (await http.get(f"/v1/responses/{answer}")).json()["status"] == "completed"
