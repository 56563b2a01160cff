"""Asks a gateway as a client does, and notes when each event was there. It knows the public API only."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx

from bench.serving.script import Script
from weaver.client.sse import Decoder

CALL = "response.image_generation_call"
MOST_S = 120.0


@dataclass(frozen=True)
class Seen:
    """An event and when its last byte was there, Unix time in seconds. It is parsed when asked, so that reading is not held up."""

    at: float
    raw: bytes

    @cached_property
    def data(self) -> dict[str, Any]:
        """The event's JSON."""
        return json.loads(self.raw)

    @property
    def type(self) -> str:
        """What kind of event it is."""
        return self.data["type"]


@dataclass(frozen=True, slots=True)
class Answer:
    """All of one answer; `asked_at` is when it was asked for."""

    asked_at: float
    events: list[Seen]

    @property
    def response(self) -> dict[str, Any]:
        """The response as the last event has it; empty if the stream broke off."""
        return self.events[-1].data.get("response", {}) if self.events else {}

    @property
    def pictures(self) -> list[dict[str, Any]]:
        """Its pictures, failed ones too."""
        return [item for item in self.response.get("output", ()) if item["type"] == "image_generation_call"]

    def is_whole(self, script: Script) -> bool:
        """Whether it was completed and has every picture."""
        drawn = sum(picture["status"] == "completed" for picture in self.pictures)
        return self.response.get("status") == "completed" and drawn == script.pictures


@asynccontextmanager
async def client(url: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A client with a connection for everybody, however many there are."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=MOST_S, limits=limits) as http:
        yield http


async def stream(http: httpx.AsyncClient, question: dict[str, Any]) -> AsyncGenerator[Seen]:
    """The answer's events as they come; closing it closes the connection.

    Raises:
        httpx.HTTPError: refused, or cut.
    """
    async with http.stream("POST", "/v1/responses", json=question | {"stream": True}) as reply:
        if reply.is_error:
            await reply.aread()
        reply.raise_for_status()
        decoder = Decoder()
        async for piece in reply.aiter_bytes():
            for raw in decoder.feed(piece):
                yield Seen(time.time(), raw)


async def ask(http: httpx.AsyncClient, question: dict[str, Any]) -> Answer:
    """Ask, and read to the end; a stream that breaks off is an answer without a response."""
    asked_at, events = time.time(), list[Seen]()
    try:
        async with aclosing(stream(http, question)) as coming:
            async for seen in coming:
                events.append(seen)
    except httpx.HTTPError as error:
        print(f"an answer broke off: {type(error).__name__} {error}", flush=True)
        return Answer(asked_at, [])
    return Answer(asked_at, events)


async def until(coming: AsyncGenerator[Seen], type: str, **told: Any) -> Seen:
    """Read on to the next event of a type that tells this.

    Raises:
        LookupError: the stream ended before.
    """
    async for seen in coming:
        if seen.type == type and told.items() <= seen.data.items():
            return seen
    raise LookupError(f"the stream ended without {type}")
