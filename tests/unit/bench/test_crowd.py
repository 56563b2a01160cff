"""What a crowd's readers make of the bytes that they get."""

from __future__ import annotations

import json

import pytest

from bench.serving.crowd.readers import Reader
from bench.serving.crowd.stamps import lateness_s, token
from bench.serving.crowd.teller import as_chat, as_plan


def responses(text: str | None) -> bytes:
    """As the gateway tells it."""
    if text is None:
        return b'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n'
    delta = json.dumps({"type": "response.output_text.delta", "delta": text}, separators=(",", ":"))
    return f"event: response.output_text.delta\ndata: {delta}\n\n".encode()


def test_a_token_says_how_long_ago_it_was_sent():
    [late] = lateness_s(token(1).encode())
    assert 0 <= late < 5


@pytest.mark.parametrize("form", [responses, as_plan, as_chat])
@pytest.mark.parametrize("step", [3, 1000])
async def test_each_token_is_counted_once_however_it_is_told(form, step):
    told = b"".join(form(token(number)) for number in range(1, 31)) + form(None)
    reader = Reader(b"")
    for start in range(0, len(told), step):
        reader.data_received(told[start : start + step])
    assert reader.late.total() == 30
    assert reader.is_whole
