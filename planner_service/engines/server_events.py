"""Server-sent events whose data is JSON, as plain values: a model of pydantic's for each token costs more than everything else done for it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

from pydantic_core import from_json

_END = b"[DONE]"


async def data_of(body: AsyncIterable[bytes]) -> AsyncGenerator[list[bytes]]:
    """The data of each event of a body, of those that came together at a time; not the `[DONE]` at its end.

    Names, ids and comments are passed over. The body is read to its end, so that its connection can be used again.
    """
    held, data = b"", b""
    async for piece in body:
        *lines, held = (held + piece).split(b"\n")
        came: list[bytes] = []
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                # Data of several lines is one value; in JSON any white space may stand between them.
                data += line[5:]
            elif not line and data:
                if data.strip() != _END:
                    came.append(data)
                data = b""
        if came:
            yield came


def value_of(data: bytes) -> Any:
    """What the data of an event says.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return from_json(data)
    except ValueError:
        # The faster parser does not take half a surrogate pair.
        return json.loads(data)
