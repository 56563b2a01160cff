"""Lists of the responses that each tenant has stored, in the order in which they were begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from gateway.store import ledger_keys as keys


class Listed:
    """Those lists; a response is put on one by the script that writes it down."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

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
