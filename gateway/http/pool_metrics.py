"""What a pool is scaled by, and how full Redis is, read when somebody scrapes: from one place, so that no worker counts what all share.

Every gateway of a pool tells the same; whoever sums takes the largest, not the sum. If Redis does not answer, nothing is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from prometheus_client import Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from redis.asyncio import Redis
from redis.exceptions import RedisError

from gateway.store.sweeping import SIZE
from visualizer_service.queue.line import Line, Standing
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import WorkerInfo

READ_S: Final = 2.0
UNMEASURED_S: Final = 1.0
"""What a picture is taken to occupy a worker until the first one was drawn."""


class PoolMetrics:
    """The metrics of pools and of the Redis that they stand on."""

    def __init__(self, redis: Redis, *pools: str) -> None:
        self._redis = redis
        self._lines = {pool: Line(redis, pool) for pool in pools}
        self._registries = {pool: Registry(redis, pool) for pool in pools}
        self._last_picture_s = dict.fromkeys(pools, UNMEASURED_S)

    async def exposition(self) -> bytes:
        """Everything, in Prometheus' text format; empty if Redis does not tell in time."""
        try:
            async with asyncio.timeout(READ_S):
                pools = [await self._pool(name) for name in self._lines]
                info: Mapping[str, Any] = await self._redis.info()
                size: Any = await self._redis.hgetall(SIZE)
        except (RedisError, OSError):
            return b""
        told = [
            *together(family for families in pools for family in families),
            *redis_families(info),
            *stored_families(size),
        ]
        return generate_latest(_Told(told))  # pyright: ignore[reportArgumentType]

    async def _pool(self, name: str) -> list[Metric]:
        workers = await self._registries[name].workers()
        standings = await self._lines[name].standings()
        each_s = self._last_picture_s[name] = picture_s(workers, self._last_picture_s[name])
        return list(pool_families(name, workers, standings, each_s))


def together(families: Iterable[Metric]) -> list[Metric]:
    """Each family once, as the format wants it, with the samples of all of that name."""
    by_name: dict[str, Metric] = {}
    for family in families:
        if family.name in by_name:
            by_name[family.name].samples += family.samples
        else:
            by_name[family.name] = family
    return list(by_name.values())


def picture_s(workers: Iterable[WorkerInfo], before_s: float) -> float:
    """How long a picture occupies a worker, on average of those that have measured it; as before, if none has."""
    known = [worker.picture_s for worker in workers if worker.picture_s is not None]
    return sum(known) / len(known) if known else before_s


def backlog_s(waiting: int, workers: Iterable[WorkerInfo], each_s: float) -> float:
    """How long the working ones need for the jobs that wait: jobs times the time of a picture, divided by the workers, each at its own pace.

    A pool without a worker is reckoned as if it had one, so that the figure says that somebody is needed.
    """
    pictures_per_s = sum(
        1 / max(worker.picture_s or each_s, 1e-6) for worker in workers if not worker.draining
    )
    return waiting / (pictures_per_s or 1 / max(each_s, 1e-6))


def pool_families(
    pool: str, workers: list[WorkerInfo], standings: Mapping[str, Standing], each_s: float
) -> Iterator[Metric]:
    """Who draws in a pool, and what waits."""
    depth = GaugeMetricFamily(
        "visualizer_queue_depth", "Jobs that wait for a worker.", labels=["pool", "class"]
    )
    oldest = GaugeMetricFamily(
        "visualizer_queue_oldest_seconds", "How long the oldest has waited.", labels=["pool", "class"]
    )
    backlog = GaugeMetricFamily(
        "visualizer_backlog_seconds", "How long the workers need for what waits.", labels=["pool", "class"]
    )
    for name, standing in standings.items():
        depth.add_metric([pool, name], standing.waiting)
        oldest.add_metric([pool, name], standing.oldest_s)
        backlog.add_metric([pool, name], backlog_s(standing.waiting, workers, each_s))
    yield from (depth, oldest, backlog)
    alive = GaugeMetricFamily("visualizer_workers", "Workers that are alive.", labels=["pool", "state"])
    draining = sum(worker.draining for worker in workers)
    alive.add_metric([pool, "working"], len(workers) - draining)
    alive.add_metric([pool, "draining"], draining)
    yield alive
    slots = GaugeMetricFamily(
        "visualizer_slots", "Pictures that can be drawn at once.", labels=["pool", "state"]
    )
    active = sum(worker.active for worker in workers if not worker.draining)
    slots.add_metric([pool, "busy"], active)
    slots.add_metric([pool, "free"], sum(worker.slots for worker in workers if not worker.draining) - active)
    yield slots


def redis_families(info: Mapping[str, Any]) -> Iterator[Metric]:
    """How full Redis is."""
    yield GaugeMetricFamily("gateway_redis_memory_bytes", "Memory that Redis uses.", info["used_memory"])
    yield GaugeMetricFamily(
        "gateway_redis_memory_limit_bytes", "Memory that Redis may use; 0 for no limit.", info["maxmemory"]
    )
    yield CounterMetricFamily(
        "gateway_redis_evicted_keys", "Keys that Redis threw away.", info["evicted_keys"]
    )


def stored_families(size: Mapping[bytes, bytes]) -> Iterator[Metric]:
    """How full the store of pictures is, as a sweeper counted last; nothing before that."""
    if size:
        yield GaugeMetricFamily("gateway_stored_bytes", "Pictures in the store.", int(size[b"bytes"]))
        limit = int(size[b"limit"])
        yield GaugeMetricFamily("gateway_stored_limit_bytes", "Beyond it the oldest pictures go.", limit)


class _Told:
    """What `generate_latest` takes for a registry."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        return iter(self._families)
