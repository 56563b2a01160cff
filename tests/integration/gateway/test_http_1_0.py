"""Clients that speak HTTP/1.0, as old load testers and proxies do: no chunks, the end of the connection is the end of the answer."""

import asyncio
import json

import pytest

from tests.integration.gateway.gateway_app import events, listening

pytestmark = pytest.mark.integration

ASK = {"input": "A story about a fox"}


async def answered(url: str, method: str, path: str, body: object = None) -> tuple[str, str]:
    """Head and body as they come, until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    sent = b"" if body is None else json.dumps(body).encode()
    head = (
        f"{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    writer.write(head.encode() + sent)
    async with asyncio.timeout(60):
        told, _, rest = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return told.lower(), rest


async def test_a_stream_comes_without_chunks(app):
    async with listening(app) as url:
        head, body = await answered(url, "POST", "/v1/responses", ASK | {"stream": True})

    assert "transfer-encoding" not in head
    assert "content-type: text/event-stream" in head
    assert body.startswith("event: response.created\n")
    assert events(body)[-1]["type"] == "response.completed"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/responses", ASK),
        ("GET", "/v1/models", None),
        ("GET", "/metrics", None),
        ("GET", "/", None),
    ],
)
async def test_whole_answers_come_whole(app, method, path, body):
    async with listening(app) as url:
        head, told = await answered(url, method, path, body)

    assert " 200 " in head.split("\r\n")[0]
    assert "transfer-encoding" not in head
    assert f"content-length: {len(told.encode())}" in head
