"""Servers that answer as their vendors document it, for httpx's mock transport: what they are asked is kept, what they say is scripted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import httpx

from bench.answers.answer import Answer
from bench.answers.systems.asking import Asking
from bench.answers.systems.system import Asked, Conversation, SentImage, System

PNG = b"\x89PNG one"
OTHER = b"\x89PNG other"


class Vendor:
    """Answers each request with the next of its replies, the last one again and again; a GET with the file of that address."""

    def __init__(self, *replies: httpx.Response | Exception, files: dict[str, bytes] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self._replies, self._files = list(replies), files or {}

    @property
    def body(self) -> dict[str, Any]:
        """Of the last request."""
        return json.loads(self.requests[-1].content)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            data = self._files.get(str(request.url))
            return httpx.Response(404) if data is None else httpx.Response(200, content=data)
        self.requests.append(request)
        reply = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def stream(*events: dict[str, Any] | str) -> httpx.Response:
    """Server-sent events; a text is sent as it is."""
    lines = [f"data: {one if isinstance(one, str) else json.dumps(one)}\n\n" for one in events]
    return httpx.Response(200, headers={"content-type": "text/event-stream"}, text="".join(lines))


async def ask(
    vendor: Vendor, said: Conversation, pauses_s: Sequence[float] = (0, 0), **system: Any
) -> Answer:
    """Ask a vendor."""
    told = {"name": "s", "url": "https://vendor.test/", "model": "m/1", **system}
    async with httpx.AsyncClient(transport=httpx.MockTransport(vendor)) as http:
        return await Asking(System(**told), http, "secret", pauses_s).ask(said)


def plain(text: str = "A fox story", *images: bytes, seed: int | None = None) -> Conversation:
    """A single turn."""
    return Conversation([Asked(text, tuple(SentImage(png, "a fox") for png in images))], seed=seed)
