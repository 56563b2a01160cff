"""Who refers to a blob: for each, the ids of responses and files with the time until which each does. It knows Redis, no bytes.

blob:{NAME}         sorted set: owner, by the Unix time (ms) until which it keeps the blob     TTL: the latest of them
blob:{NAME}:going   nobody refers to it, and its bytes are being deleted                       TTL of seconds
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from redis.asyncio import Redis

_GOING_MS: Final = 30_000
"""Deletions that take longer, or broke off, hold nobody up."""
_LOOK_EVERY_S: Final = 0.05

_NOW: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
"""
_ADD: Final = f"""{_NOW}
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local till = now + tonumber(ARGV[2])
local known = redis.call('ZSCORE', KEYS[1], ARGV[1])
if known and tonumber(known) > till then till = tonumber(known) end
redis.call('ZADD', KEYS[1], till, ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', last[2]))
return 1
"""
_REMOVE: Final = f"""{_NOW}
if redis.call('ZREM', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[2])
return 1
"""
_FREE: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])
return 1
"""


class Owners:
    """The owners of all blobs; raises what Redis raises."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._add = redis.register_script(_ADD)
        self._remove = redis.register_script(_REMOVE)
        self._free = redis.register_script(_FREE)

    async def add(self, name: str, owner: str, keep_s: float) -> None:
        """`owner` refers to a blob for so long, or for longer if it said so before. Waits while the blob is being deleted."""
        while True:
            if await self._add(_keys(name), [owner, round(keep_s * 1000)]):
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def remove(self, name: str, owner: str) -> bool:
        """`owner` no longer refers to a blob; whether it was the last one, so that the blob is the caller's to delete."""
        return bool(await self._remove(_keys(name), [owner, _GOING_MS]))

    async def free(self, names: Sequence[str]) -> list[bool]:
        """Whether nobody refers to each of these, so that it is the caller's to delete."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                await self._free(_keys(name), [_GOING_MS], client=pipeline)
            return [bool(free) for free in await pipeline.execute()]

    async def gone(self, names: Sequence[str]) -> None:
        """These are deleted; they may be put again."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.delete(_keys(name)[1])
            await pipeline.execute()

    async def forget(self, names: Sequence[str]) -> None:
        """Nobody refers to these any more."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.delete(_keys(name)[0])
            await pipeline.execute()


def _keys(name: str) -> list[str]:
    return [f"blob:{{{name}}}", f"blob:{{{name}}}:going"]
