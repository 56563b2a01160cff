"""Lists of the responses that each tenant has stored, in the order in which they were begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from gateway.answer.request import Request
from gateway.store import ledger_keys as keys


class Listed:
    """Those lists. A response is kept for `ttl_s` seconds after its last event."""

    def __init__(self, redis: Redis, ttl_s: float) -> None:
        self._redis, self._ttl_s = redis, ttl_s

    async def add(self, request: Request) -> None:
        """Put a response on the list of its tenant."""
        index = keys.of_tenant(request.tenant)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zadd(index, {request.id: round(request.created_at * 1000)})
            # A response is kept from its last event on, so the index outlives what it lists.
            pipeline.zremrangebyscore(index, "-inf", round((request.created_at - 2 * self._ttl_s) * 1000))
            pipeline.pexpire(index, round(2 * self._ttl_s * 1000))
            await pipeline.execute()

    async def ids(self, tenant: str, after: str | None, count: int, newest_first: bool) -> list[str]:
        """Ids of a tenant's stored responses in the order in which they were begun, those after `after`; some may be gone by now."""
        index = keys.of_tenant(tenant)
        rank: Any = 0
        if after is not None:
            rank = await (self._redis.zrevrank if newest_first else self._redis.zrank)(index, after)
            if rank is None:
                return []
            rank += 1
        found: Any = await self._redis.zrange(index, rank, rank + count - 1, desc=newest_first)
        return [id.decode() for id in found]

    async def forget(self, tenant: str, ids: Sequence[str]) -> None:
        """Take responses that are gone off the list of their tenant."""
        await self._redis.zrem(keys.of_tenant(tenant), *ids)
