"""Many readers in one process, as cheap as may be: each holds a connection, and what it reads says how late it is.

`python -m bench.serving.crowd.readers` takes a `Reading` as JSON on its standard input and prints what was read as a `Read`.
"""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import uvloop
from pydantic import BaseModel, ConfigDict

from bench.serving.crowd.stamps import lateness_s

# Of events that repeat a text in full, only the piece that is new is late or in time.
_NEW = (b'delta","', b'"text_delta"', b'"chat.completion.chunk"')
_END = (b'"response.completed"', b'"plan_done"', b"[DONE]")


class Reading(BaseModel):
    """How many read what: each sends this request, begun within `spread_s` seconds; `most_s` is for all of it."""

    model_config = ConfigDict(frozen=True)

    url: str
    how_many: int
    method: str = "POST"
    body: str = ""
    spread_s: float = 0.0
    most_s: float = 120.0


class Read(BaseModel):
    """What came: how many read to the end, and how many tokens were how many milliseconds late."""

    model_config = ConfigDict(frozen=True)

    whole: int
    late_ms: dict[int, int]

    @property
    def lateness_s(self) -> list[float]:
        """How late each token was, in seconds."""
        return [late / 1000 for late, tokens in self.late_ms.items() for _ in range(tokens)]


class Reader(asyncio.Protocol):
    """One of them."""

    def __init__(self, request: bytes) -> None:
        self.late = Counter[int]()
        self.is_whole = False
        self.over = asyncio.get_running_loop().create_future()
        self._request, self._held = request, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: Any) -> None:
        """Ask."""
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note how late it is."""
        *lines, self._held = (self._held + data).split(b"\n")
        for line in lines:
            if any(sign in line for sign in _NEW):
                self.late.update(round(1000 * late) for late in lateness_s(line))
            if any(sign in line for sign in _END):
                self.is_whole = True
                if self._transport is not None:
                    self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """That was all."""
        if not self.over.done():
            self.over.set_result(None)


async def read(reading: Reading) -> Read:
    """Read with all of them."""
    place = urlsplit(reading.url)
    host, port = place.hostname or "", place.port or 80
    path = place.path + (f"?{place.query}" if place.query else "")
    head = (
        f"{reading.method} {path} HTTP/1.1\r\nhost: {place.netloc}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(reading.body.encode())}\r\n\r\n"
    )
    request, loop = head.encode() + reading.body.encode(), asyncio.get_running_loop()

    async def one() -> Reader:
        await asyncio.sleep(random.uniform(0, reading.spread_s))
        _, reader = await loop.create_connection(lambda: Reader(request), host, port)
        await asyncio.wait([reader.over], timeout=reading.most_s)
        return reader

    readers = await asyncio.gather(*(one() for _ in range(reading.how_many)))
    return Read(
        whole=sum(reader.is_whole for reader in readers),
        late_ms=sum((reader.late for reader in readers), Counter[int]()),
    )


if __name__ == "__main__":
    print(uvloop.run(read(Reading.model_validate_json(sys.stdin.read()))).model_dump_json())
