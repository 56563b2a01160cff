"""Who is alive in a pool and what its model can draw: the workers' heartbeats, read by gateways and operators.

It knows nothing of jobs. A worker that stops beating is forgotten when its heartbeat's time is up; the limits it advertised stay, so
that requests are still checked while no worker is up.
"""

from __future__ import annotations

from typing import Any

from redis.asyncio import Redis

from visualizer_service.queue.keys import Keys
from visualizer_service.wire import LEAST_SIDE_PX, MOST_SIDE_PX, Limits, WorkerInfo

PERMISSIVE = Limits(
    default_size=(1024, 1024),
    most_references=16,
    default_steps=4,
    least_steps=4,
    most_steps=4,
    most_side_px=MOST_SIDE_PX,
    least_side_px=LEAST_SIDE_PX,
)
"""Taken for the limits of a pool in which no worker was ever seen; the worker that comes checks again."""

# Names of workers do not come twice, so a mark that nobody reads any more does no harm for as long.
_LEAVE_TTL_MS = 3_600_000


class Registry:
    """The workers of one pool."""

    def __init__(self, redis: Redis, pool: str) -> None:
        self._redis = redis
        self._keys = Keys(pool)

    async def beat(self, info: WorkerInfo, ttl_s: float) -> bool:
        """Say that a worker is alive for another `ttl_s` seconds; whether an operator wants it to leave."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.set(self._keys.worker(info.id), info.model_dump_json(), px=round(ttl_s * 1000))
            pipeline.sadd(self._keys.workers, info.id)
            pipeline.set(self._keys.limits, info.limits.model_dump_json())
            pipeline.exists(self._keys.leave(info.id))
            *_, is_to_leave = await pipeline.execute()
        return bool(is_to_leave)

    async def drain(self, worker_id: str) -> bool:
        """Want a worker to finish what it holds and leave, which it learns with its next beat; False if none of this name is alive."""
        if not await self._redis.exists(self._keys.worker(worker_id)):
            return False
        await self._redis.set(self._keys.leave(worker_id), 1, px=_LEAVE_TTL_MS)
        return True

    async def leave(self, worker_id: str) -> None:
        """Forget a worker at once."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(self._keys.worker(worker_id), self._keys.leave(worker_id))
            pipeline.srem(self._keys.workers, worker_id)
            await pipeline.execute()

    async def workers(self) -> list[WorkerInfo]:
        """Those alive, by id; the names of the dead are swept out on the way."""
        members: Any = await self._redis.smembers(self._keys.workers)
        names = sorted(name.decode() for name in members)
        if not names:
            return []
        beats = await self._redis.mget([self._keys.worker(name) for name in names])
        dead = [name for name, beat in zip(names, beats, strict=True) if beat is None]
        if dead:
            await self._redis.srem(self._keys.workers, *dead)
        return [WorkerInfo.model_validate_json(beat) for beat in beats if beat is not None]

    async def limits(self) -> Limits | None:
        """The limits advertised last, as far as Redis knows."""
        stored = await self._redis.get(self._keys.limits)
        return None if stored is None else Limits.model_validate_json(stored)
