"""Sends one request and reads its answer to the end. It knows HTTP and server-sent events; what they say is the dialect's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx

from bench.load.dialects import DIALECTS, Dialect
from bench.load.record import Record
from bench.load.scenarios import Send
from weaver.client.sse import Decoder

PIECE_BYTES = 4096
"""What a slow reader takes at a time."""


async def ask(
    http: httpx.AsyncClient,
    send: Send,
    model: str,
    headers: dict[str, str],
    clock: Callable[[], float],
    most_s: float,
) -> Record:
    """What became of a request; every end is told as an outcome, none is raised. `clock` tells seconds since the start."""
    record = Record(send, sent_s=clock())
    dialect = DIALECTS[send.kind.dialect]()
    path, body = dialect.question(model, send.prompt, send.kind.options)
    try:
        async with asyncio.timeout(most_s), http.stream("POST", path, json=body, headers=headers) as reply:
            if reply.is_error:
                record.outcome, record.code = "refused", _code(reply.status_code, await reply.aread())
            else:
                await _read(reply, dialect, record, clock)
    except TimeoutError:
        record.outcome, record.code = "overdue", f"not ended after {most_s:g} s"
    except (httpx.HTTPError, ValueError) as error:
        record.outcome, record.code = "cut", type(error).__name__
    record.ended_s = clock()
    return record


async def _read(reply: httpx.Response, dialect: Dialect, record: Record, clock: Callable[[], float]) -> None:
    pause_s = record.send.read_pause_s
    decoder, ended = Decoder(), False
    async for piece in reply.aiter_bytes(PIECE_BYTES if pause_s else None):
        at_s = clock()
        for raw in decoder.feed(piece):
            if raw == b"[DONE]":
                continue
            event: dict[str, Any] = json.loads(raw)
            if (number := event.get("sequence_number")) is not None:
                record.numbers.append(number)
            for mark in dialect.marks(event):
                record.note(mark, at_s)
            ended = record.outcome != "cut"
        if pause_s:
            await asyncio.sleep(pause_s)
    if not ended and (last := dialect.at_close()):
        record.note(last, clock())


def _code(status: int, body: bytes) -> str:
    """A refusal's status, and the code or status that its body names."""
    try:
        error = json.loads(body)["error"]
        return f"{status} {error.get('status') or error.get('code')}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return str(status)
