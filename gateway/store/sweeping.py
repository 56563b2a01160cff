"""Bounds the store of pictures, by age and by bytes; of all gateways, one at a time does it.

Most pictures are deleted when whatever refers to them is. What is left is what nobody came to delete: answers whose time is up, previews,
uploads that no request followed, and what was there when Redis forgot everything.

    blobs:sweeper   whoever sweeps, then that it was done              TTL: until it is to be done again
    blobs:size      hash: bytes, pictures and limit, as counted last   TTL of hours
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from typing import Any, Final

from redis.asyncio import Redis

from gateway.answer.errors import STORE_ERRORS
from visualizer_service.blobs.blobs import PREVIEW_S, Blobs, age_s, is_preview
from visualizer_service.blobs.objects import Stored

SWEEPER: Final = "blobs:sweeper"
SIZE: Final = "blobs:size"

EVERY_S: Final = 300.0
"""A bucket of a million pictures is listed in two thousand requests."""
_LOOK_EVERY_S: Final = 5.0
_TURN_S: Final = 120.0
"""For a batch to be looked at; a sweeper that is gone is replaced after it."""
_SIZE_TTL_S: Final = 7200
_MOST_OLDEST: Final = 20_000
"""Candidates to make room with, remembered while the store is listed: a few megabytes."""

log = logging.getLogger(__name__)


class Sweeper:
    """The sweeper of one gateway process. Pictures last `keep_s` seconds, or for as long as somebody refers to them."""

    def __init__(self, redis: Redis, blobs: Blobs, keep_s: float, most_bytes: int, name: str) -> None:
        self._redis, self._blobs = redis, blobs
        self._keep_s, self._most_bytes, self._name = keep_s, most_bytes, name

    async def run(self) -> None:
        """Sweep for ever, whenever it is time and nobody else does."""
        while True:
            try:
                if await self._redis.set(SWEEPER, self._name, nx=True, px=round(_TURN_S * 1000)):
                    await self.sweep()
                    await self._redis.set(SWEEPER, "done", px=round(EVERY_S * 1000))
            except STORE_ERRORS:
                log.warning("can't sweep the store of pictures, trying again", exc_info=True)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def sweep(self) -> None:
        """Look at all that is stored, once."""
        kept_bytes = kept = 0
        oldest: list[tuple[float, str, int]] = []
        async for batch in self._blobs.stored():
            await self._redis.pexpire(SWEEPER, round(_TURN_S * 1000))
            gone = {one.name for one in await self._blobs.sweep([one for one in batch if self._is_old(one)])}
            for one in batch:
                if one.name not in gone:
                    kept_bytes += one.bytes
                    kept += 1
                    _remember(oldest, one)
        if kept_bytes > self._most_bytes:
            freed = await self._make_room(kept_bytes - self._most_bytes, oldest)
            kept_bytes -= sum(one.bytes for one in freed)
            kept -= len(freed)
        size: Any = {"bytes": kept_bytes, "pictures": kept, "limit": self._most_bytes}
        await self._redis.hset(SIZE, mapping=size)
        await self._redis.expire(SIZE, _SIZE_TTL_S)

    def _is_old(self, stored: Stored) -> bool:
        return age_s(stored) > (PREVIEW_S if is_preview(stored) else self._keep_s)

    async def _make_room(self, bytes: int, oldest: list[tuple[float, str, int]]) -> list[Stored]:
        """Delete the oldest pictures, whatever refers to them, until so many bytes are free."""
        evicted: list[Stored] = []
        for negative_at, name, size in sorted(oldest, reverse=True):
            if bytes <= 0:
                break
            evicted.append(Stored(name, size, -negative_at))
            bytes -= size
        log.warning("the store of pictures is full, the oldest go", extra={"pictures": len(evicted)})
        await self._blobs.evict(evicted)
        return evicted


def _remember(oldest: list[tuple[float, str, int]], stored: Stored) -> None:
    """Keep the oldest few: a heap whose first is the youngest of them."""
    entry = (-stored.written_at, stored.name, stored.bytes)
    if len(oldest) < _MOST_OLDEST:
        heapq.heappush(oldest, entry)
    else:
        heapq.heappushpop(oldest, entry)
