"""A scripted language model, OpenAI-compatible, that goes on from what is written: `python -m tests.faults.processes.upstream PORT`.

The question is the script, as JSON. Each word is another, so that one said twice or left out shows.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.faults.processes.script import Script

_SLOT = re.compile(r"<imagine[^>]*>.*?</imagine>", re.DOTALL)


def rest_of(pieces: list[str], written: str) -> list[str]:
    """The pieces after what is written already; white space does not count."""
    slots = len(_SLOT.findall(written))
    letters = sum(not letter.isspace() for letter in _SLOT.sub("", written))
    rest: list[str] = []
    for piece in pieces:
        if _SLOT.search(piece):
            rest = [] if slots > 0 else [*rest, piece]
            slots -= 1
        elif letters >= len(piece.strip()):
            letters -= len(piece.strip())
            rest = []
        else:
            rest.append(_without(piece, letters) if letters else piece)
            letters = 0
    return rest


def _without(piece: str, letters: int) -> str:
    """A word whose beginning is written."""
    return piece.strip()[letters:]


async def complete(request: Request) -> Response:
    """`POST /v1/chat/completions`, streamed."""
    body = await request.json()
    script = Script.read(body["messages"])
    written = "".join(turn["content"] for turn in body["messages"] if turn["role"] == "assistant")
    return StreamingResponse(
        _stream(rest_of(script.pieces(), written), script.pace_s), media_type="text/event-stream"
    )


async def models(_: Request) -> Response:
    return JSONResponse({"object": "list", "data": []})


async def _stream(pieces: list[str], pace_s: float) -> AsyncIterator[str]:
    for piece in pieces:
        await asyncio.sleep(pace_s)
        yield _event({"content": piece}, None)
    yield _event({}, "stop")
    yield "data: [DONE]\n\n"


def _event(delta: dict[str, Any], finish: str | None) -> str:
    choices = [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "scripted",
        "choices": choices,
    }
    return f"data: {json.dumps(chunk)}\n\n"


def main() -> None:
    app = Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
            Route("/readyz", models),
        ]
    )
    uvicorn.run(app, port=int(sys.argv[1]), log_level="warning")


if __name__ == "__main__":
    main()
