"""An OpenAI-compatible server that says what it is told to, on the loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse


class Upstream:
    """One answer to every chat, or one to each in turn; it may end with a `finish`, be cut without one, or hang for ever."""

    def __init__(
        self,
        *texts: str,
        answers: Sequence[str] = (),
        thoughts: Sequence[str] = (),
        finish: str | None = "stop",
        status: int = 200,
        hangs: bool = False,
    ):
        self.app = FastAPI()
        self.bodies: list[dict[str, Any]] = []
        self._answers, self._thoughts = list(answers), thoughts
        self._texts, self._finish, self._status, self._hangs = texts, finish, status, hangs
        self.app.post("/v1/chat/completions")(self.complete)
        self.app.get("/v1/models")(lambda: {"object": "list", "data": []})

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The server's base URL while it runs."""
        server = uvicorn.Server(uvicorn.Config(self.app, log_config=None))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                yield "http://{}:{}/v1".format(*listener.getsockname())
            finally:
                server.should_exit = True
                await serving

    async def complete(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        if self._status != 200:
            return Response(
                '{"error": {"message": "secret detail"}}', self._status, media_type="application/json"
            )
        return StreamingResponse(self._stream(), media_type="text/event-stream")

    async def _stream(self) -> AsyncIterator[str]:
        for thought in self._thoughts:
            yield event({"choices": [choice("", None, reasoning=thought)]})
        for text in [self._answers.pop(0)] if self._answers else self._texts:
            yield event({"choices": [choice(text, None)]})
        if self._hangs:
            await asyncio.get_running_loop().create_future()
        if self._finish is None:
            return
        yield event({"choices": [choice("", self._finish)]})
        yield event(
            {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}}
        )
        yield "data: [DONE]\n\n"


def choice(text: str, finish: str | None, **delta: str) -> dict[str, Any]:
    return {"index": 0, "delta": {"content": text, **delta}, "finish_reason": finish}


def event(body: dict[str, Any]) -> str:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", **body}
    return f"data: {json.dumps(chunk)}\n\n"
