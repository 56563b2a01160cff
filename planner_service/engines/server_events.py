"""Server-sent events whose data is JSON, as plain values: a model of pydantic's for each token costs more than everything else done for it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Any

_END = b"[DONE]"


async def data_of(body: AsyncIterable[bytes]) -> AsyncGenerator[Any]:
    """The data of each event of a body, but for the `[DONE]` at its end; names, ids and comments are passed over.

    The body is read to its end, so that its connection can be used again.

    Raises:
        ValueError: the data of an event is no JSON.
    """
    held, data = b"", b""
    async for piece in body:
        *lines, held = (held + piece).split(b"\n")
        for line in lines:
            line = line.removesuffix(b"\r")
            if line.startswith(b"data:"):
                # Data of several lines is one value; in JSON any white space may stand between them.
                data += line[5:]
            elif not line and data:
                if data.strip() != _END:
                    yield json.loads(data)
                data = b""
