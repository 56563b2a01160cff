"""Asks a running gateway for one answer and keeps what came: every byte of the stream, and the response it amounts to.

It knows the public API only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from deploy.local import sse

ANSWER_S = 300.0


class NoAnswer(Exception):
    """The gateway refused, or the stream ended without a last event; the message says which."""


async def ask(
    url: str, question: dict[str, Any], raw: Path, hear: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Ask, pass each event to `hear`, write the stream to `raw`, and return the response as the last event has it.

    Raises:
        NoAnswer: no response came.
    """
    async with (
        httpx.AsyncClient(base_url=url, timeout=httpx.Timeout(10, read=ANSWER_S)) as client,
        client.stream("POST", "/v1/responses", json=question | {"stream": True}) as reply,
    ):
        if reply.is_error:
            raise NoAnswer(f"{reply.status_code}: {(await reply.aread()).decode(errors='replace')}")
        response: dict[str, Any] | None = None
        with raw.open("wb") as file:
            async for event in sse.events(_kept(reply, file.write)):
                hear(event)
                response = event.get("response", response)
    if response is None or response["status"] == "in_progress":
        raise NoAnswer("the stream ended before the answer did")
    return response


async def _kept(reply: httpx.Response, keep: Callable[[bytes], Any]):
    async for piece in reply.aiter_bytes():
        keep(piece)
        yield piece
