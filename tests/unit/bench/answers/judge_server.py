"""A judge that says what it is told to, behind OpenAI's Chat Completions on the loopback."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request, Response

from bench.answers.judging.model import JudgeSettings, ModelJudge

Script = Callable[[dict[str, Any]], Response]


class JudgeServer:
    """Answers every request by a script; `bodies` are what it was asked."""

    def __init__(self, script: Script) -> None:
        self.app = FastAPI()
        self.bodies: list[dict[str, Any]] = []
        self._script = script
        self.app.post("/v1/chat/completions")(self.complete)

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

    @asynccontextmanager
    async def judging(self) -> AsyncIterator[ModelJudge]:
        """A judge that asks this server."""
        async with self.served() as url:
            judge = ModelJudge(JudgeSettings(url=url, model="seer"), "key")
            try:
                yield judge
            finally:
                await judge.close()

    async def complete(self, request: Request) -> Response:
        self.bodies.append(await request.json())
        return self._script(self.bodies[-1])


def said(content: str | None, **choice: Any) -> Response:
    """A completion."""
    message = {"role": "assistant", "content": content, "refusal": choice.pop("refusal", None)}
    told = {"index": 0, "message": message, "finish_reason": "stop", **choice}
    return _json({"id": "c", "object": "chat.completion", "created": 0, "model": "seer", "choices": [told]})


def busy() -> Response:
    """A refusal that asks to come again at once."""
    return Response('{"error": {"message": "busy"}}', 429, {"retry-after-ms": "1"}, "application/json")


def refused() -> Response:
    """A request that is not understood."""
    return Response('{"error": {"message": "no such model"}}', 404, media_type="application/json")


def questions(body: dict[str, Any]) -> list[str]:
    """The questions of a request, in the order in which they stand."""
    lines = body["messages"][1]["content"][-1]["text"].splitlines()
    return [line.partition(". ")[2] for line in lines if line.partition(". ")[0].isdigit()]


def yes_to(body: dict[str, Any], *words: str) -> Response:
    """Yes to the questions that hold one of these words, no to the others."""
    answers = [
        {
            "number": number,
            "why": f"since {question}",
            "answer": "yes" if any(word in question for word in words) else "no",
        }
        for number, question in enumerate(questions(body), start=1)
    ]
    return said(json.dumps({"answers": answers, "remark": "Seen."}))


def _json(value: dict[str, Any]) -> Response:
    return Response(json.dumps(value), media_type="application/json")
