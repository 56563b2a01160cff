"""A scripted language model: an OpenAI-compatible server that writes what the question says, at its pace, and thinks nothing.

`python -m bench.serving.writer PORT`. The real planner service calls it through its `openai` backend.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from bench.serving.script import Script, read


async def complete(request: Request) -> Response:
    """`POST /v1/chat/completions`, streamed."""
    body = await request.json()
    try:
        script = read(body["messages"])
    except ValueError:
        return JSONResponse({"error": {"message": "That is no script."}}, 400)
    return StreamingResponse(_stream(script), media_type="text/event-stream")


async def models(_: Request) -> Response:
    """`GET /v1/models`: there is nothing to load."""
    return JSONResponse({"object": "list", "data": []})


async def _stream(script: Script) -> AsyncIterator[str]:
    """Each piece when its time has come, counted from the start, so that lateness does not add up."""
    clock = asyncio.get_running_loop().time
    began = clock()
    for number, piece in enumerate(script.pieces(), start=1):
        await asyncio.sleep(max(0.0, began + number * script.pace_s - clock()))
        yield _event({"choices": [_choice(piece, None)]})
    yield _event({"choices": [_choice("", "stop")]})
    yield "data: [DONE]\n\n"


def _choice(text: str, finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": {"content": text}, "finish_reason": finish}


def _event(body: dict[str, Any]) -> str:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted", **body}
    return f"data: {json.dumps(chunk)}\n\n"


def main() -> None:
    """Serve until a signal."""
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
