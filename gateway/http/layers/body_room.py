"""How much of all request bodies this process holds at once; whoever finds no room waits, and its client with it."""

from __future__ import annotations

import asyncio
from collections import deque

# Bodies of this size are held by every connection in any case, by the server's own buffer.
SMALL_BYTES = 16384


class BodyRoom:
    """Room for the bodies that are being read or taken in. First come, first served, so a large one is not passed over for ever."""

    def __init__(self, most_bytes: int) -> None:
        self._free = self._most = most_bytes
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, count: int) -> None:
        """Wait for room for so many bytes; whoever takes gives back. More than there ever is counts as all there is."""
        count = min(count, self._most)
        if not self._waiting and count <= self._free:
            self._free -= count
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(count)
            else:
                self._waiting.remove((count, turn))
                self._admit()
            raise

    def give_back(self, count: int) -> None:
        """Let others have the room of so many bytes."""
        self._free += min(count, self._most)
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._free:
            count, turn = self._waiting.popleft()
            self._free -= count
            turn.set_result(None)
