"""Reads server-sent events from bytes in pieces of any length. It knows nothing of what the events say."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any


async def events(pieces: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Yield the JSON of each event's data; comments and other fields are passed over."""
    rest, data = b"", []
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                data.append(line.removeprefix(b"data:").strip())
            elif not line.strip() and data:
                yield json.loads(b"\n".join(data))
                data = []
