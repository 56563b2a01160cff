"""API keys in Redis, beside all else that the gateways share.

api_keys           hash: key id, its record           kept; of revoked ones the last
api_keys:version   number, one more at every change   kept
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from redis.asyncio import Redis

from gateway.tenants.keys import ApiKey, Change

_KEYS: Final = "api_keys"
_VERSION: Final = "api_keys:version"
_REPLACE: Final = """
-- KEYS: keys, version. ARGV: id, what it must be ('' for nothing), what it shall be. Sent twice, it does the same as once.
local held = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if held == ARGV[3] then return 1 end
if held ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('INCR', KEYS[2])
return 1
"""


class RedisKeys:
    """The keys of all gateways on one Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._replace = redis.register_script(_REPLACE)

    async def version(self) -> str:
        """How often they changed; a Redis that has lost them begins anew."""
        version: Any = await self._redis.get(_VERSION)
        return "none" if version is None else version.decode()

    async def read(self) -> Sequence[ApiKey]:
        """As any store of keys."""
        stored: Any = await self._redis.hvals(_KEYS)  # type: ignore[misc]  # redis-py types it for both kinds of client
        return sorted(map(ApiKey.model_validate_json, stored), key=lambda key: key.made_at)

    async def add(self, key: ApiKey) -> None:
        """As any store of keys."""
        await self._replace([_KEYS, _VERSION], [key.id, "", key.model_dump_json()])

    async def change(self, id: str, change: Change) -> ApiKey | None:
        """As any store of keys."""
        while True:
            held: Any = await self._redis.hget(_KEYS, id)  # type: ignore[misc]  # as above
            if held is None:
                return None
            key = change(ApiKey.model_validate_json(held))
            if await self._replace([_KEYS, _VERSION], [id, held, key.model_dump_json()]):
                return key

    async def drop(self, ids: Collection[str]) -> None:
        """As any store of keys."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hdel(_KEYS, *ids)
            pipeline.incr(_VERSION)
            await pipeline.execute()
