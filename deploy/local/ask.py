"""Asks a running gateway for one answer and keeps what came: every byte of the stream, and the response it amounts to.

It knows the public API only.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from weaver import Event
from weaver.client.reading import Interrupted, read
from weaver.client.sse import Decoder

ANSWER_S = 300.0


class NoAnswer(Exception):
    """The gateway refused, or the stream ended without a last event; the message says which."""


def ask(url: str, question: dict[str, Any], raw: Path, hear: Callable[[Event], None]) -> dict[str, Any]:
    """Ask, pass each event to `hear`, write the stream to `raw`, and return the response as the last event has it.

    Raises:
        NoAnswer: no response came.
    """
    with (
        httpx.Client(base_url=url, timeout=httpx.Timeout(10, read=ANSWER_S)) as client,
        client.stream("POST", "/v1/responses", json=question | {"stream": True}) as reply,
    ):
        if reply.is_error:
            raise NoAnswer(f"{reply.status_code}: {reply.read().decode(errors='replace')}")
        response: dict[str, Any] | None = None
        decoder = Decoder()
        with raw.open("wb") as file:
            for piece in reply.iter_bytes():
                file.write(piece)
                for told in map(json.loads, decoder.feed(piece)):
                    response = told.get("response", response)
                    _pass_on(told, hear)
    if response is None or response["status"] == "in_progress":
        raise NoAnswer("the stream ended before the answer did")
    return response


def _pass_on(told: dict[str, Any], hear: Callable[[Event], None]) -> None:
    try:
        event = read(told)
    except Interrupted as error:
        raise NoAnswer(str(error)) from error
    if event is not None:
        hear(event)
