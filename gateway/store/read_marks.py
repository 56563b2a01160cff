"""Which responses somebody reads, at whichever process: short-lived marks in Redis, set again and again while they are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redis.asyncio import Redis

from gateway.store import ledger_keys as keys


async def mark_read(redis: Redis, ids: Iterable[str], ttl_s: float) -> None:
    """Say that somebody reads these responses, for another `ttl_s` seconds."""
    async with redis.pipeline(transaction=False) as pipeline:
        for id in ids:
            pipeline.set(keys.read(id), 1, px=round(ttl_s * 1000))
        await pipeline.execute()


async def are_read(redis: Redis, ids: Sequence[str]) -> list[bool]:
    """Whether anybody, in any process, reads each of these."""
    async with redis.pipeline(transaction=False) as pipeline:
        for id in ids:
            pipeline.exists(keys.read(id))
        return [bool(found) for found in await pipeline.execute()]
