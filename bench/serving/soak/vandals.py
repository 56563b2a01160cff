"""Those who do not: bodies that could become large, connections that say nothing, half of something, or never read."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from bench.serving.script import Script

MIB = 2**20
HALF_A_HEAD = b"POST /v1/responses HTTP/1.1\r\nhost: gateway\r\ncontent-ty"
HALF_A_BODY = b'POST /v1/responses HTTP/1.1\r\nhost: gateway\r\ncontent-length: 100000\r\n\r\n{"input": "'
SILENT = 50
PAUSE_S = 1.0
LINES = Script(pictures=8, words=10, pace_s=0)

PATHS = (
    "/v1/responses",
    "/v1/chat/completions",
    "/v1/images/generations",
    "/v1/ui-messages",
    "/v1/files",
    "/mcp",
)
BODIES = {
    "a flood of objects": b'{"input":[' + b"{}," * 500_000 + b"{}]}",
    "a deep list": b'{"input":' + b"[" * MIB,
    "a long text": json.dumps({"input": "x" * (11 * MIB)}).encode(),
    "no JSON": random.Random(1).randbytes(MIB),
    "many references": json.dumps({"input": "x", "references": ["img1"] * 4_000}).encode(),
    "half a character": b'{"input":"\\ud800"}',
    "an image that is none": json.dumps(
        {
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_image", "image_url": "data:image/png;base64," + "QUJD" * MIB}
                    ],
                }
            ]
        }
    ).encode(),
}


async def bodies(http: httpx.AsyncClient, chance: random.Random, told: Counter[str]) -> None:
    """Send such bodies everywhere, for ever; `told` counts the answers by hundreds."""
    while True:
        name, body = chance.choice(tuple(BODIES.items()))
        try:
            reply = await http.post(
                chance.choice(PATHS), content=body, headers={"content-type": "application/json"}
            )
            told[f"{name}: {reply.status_code}"] += 1
        except httpx.HTTPError as error:
            told[f"{name}: {type(error).__name__}"] += 1
        await asyncio.sleep(PAUSE_S)


async def silence(http: httpx.AsyncClient, chance: random.Random, told: Counter[str]) -> None:
    """Open connections that say nothing, or half of something, and leave them open for a while, for ever."""
    while True:
        async with AsyncExitStack() as opened:
            for _ in range(SILENT):
                said = chance.choice((b"", HALF_A_HEAD, HALF_A_BODY))
                try:
                    await opened.enter_async_context(_connection(http, said))
                except OSError as error:
                    told[f"silence: {type(error).__name__}"] += 1
            await asyncio.sleep(5 * PAUSE_S)
        told["silence: closed"] += SILENT


async def deafness(http: httpx.AsyncClient, chance: random.Random, told: Counter[str]) -> None:
    """Ask for a stream and never read it, for ever."""
    del chance
    body = json.dumps(LINES.question(stream=True, max_output_tokens=8192)).encode()
    head = (
        f"POST /v1/responses HTTP/1.1\r\nhost: gateway\r\nauthorization: {http.headers['authorization']}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    while True:
        async with _connection(http, head.encode() + body):
            await asyncio.sleep(10 * PAUSE_S)
        told["deafness: closed"] += 1


@asynccontextmanager
async def _connection(http: httpx.AsyncClient, said: bytes) -> AsyncGenerator[None]:
    _, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port, limit=1024)
    try:
        writer.write(said)
        yield
    finally:
        writer.transport.abort()
