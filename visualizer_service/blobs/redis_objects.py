"""Bytes in Redis, for tests and trials: a Redis that holds pictures is soon full."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from visualizer_service.blobs.objects import Stored
from visualizer_service.errors import BlobsUnavailable

_PREFIX: Final = "object:"


class RedisObjects:
    """A hash for each object. `redis` must not decode its answers."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, name: str, data: bytes, media_type: str) -> None:
        """Write an object."""
        await _asked(self._redis.hset(_PREFIX + name, mapping={"bytes": data, "at": time.time()}))

    async def get(self, name: str) -> bytes | None:
        """An object, or nothing where there is none."""
        data: Any = await _asked(self._redis.hget(_PREFIX + name, "bytes"))
        return data

    async def delete(self, names: Sequence[str]) -> None:
        """See that these are not there."""
        if names:
            await _asked(self._redis.delete(*(_PREFIX + name for name in names)))

    async def stored(self) -> AsyncGenerator[Sequence[Stored]]:
        """All objects, one by one."""
        try:
            async for key in self._redis.scan_iter(f"{_PREFIX}*"):
                size: Any = await self._redis.hstrlen(key, "bytes")
                at: Any = await self._redis.hget(key, "at")
                if at is not None:
                    yield [Stored(key.decode().removeprefix(_PREFIX), size, float(at))]
        except (RedisError, OSError) as error:
            raise BlobsUnavailable from error

    async def link(self, name: str, for_s: float) -> str | None:
        """Redis has no addresses for browsers."""
        return None


async def _asked(answer: Any) -> Any:
    try:
        return await answer
    except (RedisError, OSError) as error:
        raise BlobsUnavailable from error
