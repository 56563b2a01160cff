"""A streamed completion as chunks: what came together is one, and nothing that came is lost."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx2
import pytest

from planner_service.backend import Chunk
from planner_service.engines.completion import chunks_of
from planner_service.errors import UpstreamFailed


def event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    value = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return f"data: {json.dumps(value)}\n\n".encode()


SAYS = [event({"content": word}) for word in ("A ", "fox ", "ran.")]
ENDS = event({}, "stop")


async def read(pieces: Iterable[bytes]) -> tuple[list[Chunk], bool]:
    """The chunks of a body that comes in these pieces, and whether it came to a good end."""

    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    chunks: list[Chunk] = []
    try:
        async for chunk in chunks_of(httpx2.Response(200, content=body())):
            chunks.append(chunk)
    except UpstreamFailed:
        return chunks, False
    return chunks, True


async def test_each_text_is_told_as_it_comes():
    assert await read([*SAYS, ENDS]) == (
        [Chunk("A "), Chunk("fox "), Chunk("ran."), Chunk("", "stop")],
        True,
    )


async def test_texts_that_came_together_are_one():
    assert await read([b"".join(SAYS) + ENDS]) == ([Chunk("A fox ran."), Chunk("", "stop")], True)


async def test_a_thought_that_came_with_the_text_before_it_stays_behind_it():
    told = event({"content": "A fox."}) + event({"reasoning": "And now?"}) + event({"content": " It ran."})
    assert await read([told, ENDS]) == (
        [Chunk("A fox."), Chunk(" It ran.", thought="And now?"), Chunk("", "stop")],
        True,
    )


@pytest.mark.parametrize(
    "failure",
    [b"data: nonsense\n\n", b'data: {"error": {"message": "secret"}}\n\n', event({}, "content_filter")],
)
async def test_a_text_that_came_with_a_failure_is_told_before_it(failure: bytes):
    assert await read([b"".join(SAYS) + failure]) == ([Chunk("A fox ran.")], False)


async def test_a_stream_that_is_cut_has_said_what_it_said():
    assert await read([b"".join(SAYS)]) == ([Chunk("A fox ran.")], False)
