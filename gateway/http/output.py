"""The way to one client that reads a stream, on which silence is filled; one timer a stream does it, however much comes.

That a client reads at all is seen to by its connection.
"""

from __future__ import annotations

import asyncio
from typing import Self

from starlette.types import Send


class Output:
    """Used as an async context manager around pieces that belong together: nothing comes between them.

    Args:
        heartbeat: what fills silence, after `heartbeat_s` seconds of it.
    """

    def __init__(self, send: Send, heartbeat: bytes, heartbeat_s: float) -> None:
        self._send, self._heartbeat, self._heartbeat_s = send, heartbeat, heartbeat_s
        self._clock = asyncio.get_running_loop().time
        self._in_use = asyncio.Lock()
        self._written_at = self._clock()
        self.is_taken = False

    async def __aenter__(self) -> Self:
        await self._in_use.acquire()
        self.is_taken = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_taken = False
        self._in_use.release()

    async def write(self, piece: bytes) -> None:
        """Write a piece, once the client has taken enough of what was written before."""
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        self._written_at = self._clock()

    async def end(self) -> None:
        """Let nothing come between from now on; a task that waits to fill silence may be past its cancellation."""
        await self._in_use.acquire()

    async def fill_silence(self) -> None:
        """Write a heartbeat after each silence, for ever; while an event is written, none fits in."""
        while True:
            left_s = self._written_at + self._heartbeat_s - self._clock()
            if left_s > 0:
                await asyncio.sleep(left_s)
            else:
                async with self._in_use:
                    await self.write(self._heartbeat)
