"""Orders from one gateway process to another: a response is cancelled by whoever owns it, wherever that was asked for."""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from gateway.store import ledger_keys as keys
from gateway.store.ledger_scripts import CANCEL

_TTL_S = 3600
_MOST = 10_000
# What one read fetches at most.
_BATCH = 1000


class Orders:
    """Those of all processes; `redis` must let a read block."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._cancel = redis.register_script(CANCEL)

    async def cancel(self, id: str) -> None:
        """Tell the response's owner, and whoever takes it over, to cancel it; nothing happens if there is no such response."""
        owner: Any = await self._cancel([keys.response(id)], [])
        if not owner:
            return
        orders = keys.orders(owner.decode())
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xadd(orders, {"response": id}, maxlen=_MOST, approximate=True)
            pipeline.expire(orders, _TTL_S)
            await pipeline.execute()

    async def next(self, gateway_id: str, after: str, block_s: float) -> tuple[list[str], str]:
        """Responses that this process is to cancel, and where to read on; `0-0` is the beginning.

        Raises:
            redis.RedisError, OSError: Redis was away for longer than its client is patient.
        """
        stream = keys.orders(gateway_id)
        read: Any = await self._redis.xread({stream: after}, count=_BATCH, block=round(block_s * 1000))
        entries = read[0][1] if read else []
        # A later release may order other things.
        ids = [fields[b"response"].decode() for _, fields in entries if b"response" in fields]
        return ids, entries[-1][0].decode() if entries else after
