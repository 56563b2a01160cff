"""The way to one client that reads a stream: silence on it is filled, and a client that has stopped reading is noticed.

One timer a stream watches both, for a deadline around every piece would cost as much as to write it.
"""

from __future__ import annotations

import asyncio
from typing import Self

from starlette.types import Send


class Output:
    """Used as an async context manager around pieces that belong together: nothing comes between them.

    Args:
        heartbeat: what fills silence, after `heartbeat_s` seconds of it.
        write_s: how long the client may take for one piece.
    """

    def __init__(self, send: Send, heartbeat: bytes, heartbeat_s: float, write_s: float) -> None:
        self._send, self._heartbeat = send, heartbeat
        self._heartbeat_s, self._write_s = heartbeat_s, write_s
        self._clock = asyncio.get_running_loop().time
        self._in_use = asyncio.Lock()
        self._written_at = self._clock()
        self._writing_since: float | None = None
        self.is_taken = False

    async def __aenter__(self) -> Self:
        await self._in_use.acquire()
        self.is_taken = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.is_taken = False
        self._in_use.release()

    async def write(self, piece: bytes) -> None:
        """Write a piece, for as long as `watch` allows."""
        self._writing_since = self._written_at = self._clock()
        await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        self._writing_since = None

    async def watch(self) -> None:
        """Fill silence; returns once the client has not taken a piece in time."""
        while True:
            since = self._writing_since
            due = self._written_at + self._heartbeat_s if since is None else since + self._write_s
            left_s = due - self._clock()
            if left_s > 0:
                # Writing may begin meanwhile.
                await asyncio.sleep(min(left_s, self._write_s))
            elif since is not None:
                return
            elif self.is_taken:
                # A piece is being made, and no comment fits before it.
                await asyncio.sleep(min(self._heartbeat_s, self._write_s))
            elif not await self._beat():
                return

    async def _beat(self) -> bool:
        try:
            async with asyncio.timeout(self._write_s), self._in_use:
                await self.write(self._heartbeat)
        except TimeoutError:
            return False
        return True
