"""The data of server-sent events, however the body is cut."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from planner_service.engines.server_events import data_of, value_of

BODY = (
    b': comment\r\nevent: x\r\ndata: {"text": "a\\n"}\r\n\r\n'
    b'data:{"text":\ndata: "b\xe2\x80\xa8c"}\n\nid: 7\n\ndata: [DONE]\n\n'
)
TOLD = [{"text": "a\n"}, {"text": "b\u2028c"}]


async def read(body: bytes, step: int) -> list[object]:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), step):
            yield body[start : start + step]

    return [value_of(data) async for came in data_of(pieces()) for data in came]


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
async def test_data_is_the_same_however_a_body_is_cut(step: int):
    assert await read(BODY, step) == TOLD


async def test_data_that_is_no_json_is_refused():
    with pytest.raises(ValueError, match="Expecting"):
        await read(b"data: nonsense\n\n", 1000)


async def test_half_a_character_is_data_like_any_other():
    assert await read(b'data: "\\ud83d"\n\ndata: "\\ude00"\n\n', 1000) == ["\ud83d", "\ude00"]
