"""One worker with an engine that a test holds back, and the pool that it works for."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from redis.asyncio import Redis

from tests.gated_engine import FREELY, GatedEngine
from tests.integration.queue.jobs import (
    POOL,
    replies_to_the_end,
)
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.stored_objects import StoredObjects
from visualizer_service.client import Pool
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import Reply
from visualizer_service.worker.drawing import EngineThread
from visualizer_service.worker.worker import Worker, WorkerOptions


@dataclass
class Bench:
    """A pool, one worker with a gated engine, and the inbox of response `resp`."""

    redis: Redis
    pool: Pool
    inbox: asyncio.Queue[Reply]
    engine: GatedEngine
    leave: asyncio.Event
    working: asyncio.Task[None]

    async def end_of(self, job) -> object:
        await self.pool.submit(job)
        return (await replies_to_the_end(self.inbox))[-1].event

    async def is_idle(self) -> bool:
        return not self.engine.active

    async def another(self, lease_s: float = 15) -> Consumer:
        consumer = Consumer(self.redis, POOL, "another", lease_s)
        await consumer.open()
        return consumer


def kept(redis: Redis, url: str | None = None) -> Blobs:
    return Blobs(redis, StoredObjects(url or os.environ["VISUALIZER_BLOBS_URL"]), 60)


@asynccontextmanager
async def a_bench(
    redis: Redis,
    grace_s: float = 20,
    tick_limit_s: float = 60,
    slots: int = 2,
    together: int | None = None,
    name: str = "worker",
    url: str | None = None,
) -> AsyncIterator[Bench]:
    engine, leave = GatedEngine(slots, together), asyncio.Event()
    engine_thread = EngineThread(tick_limit_s)
    await engine_thread.start(lambda: engine)
    worker = Worker(
        engine_thread,
        Consumer(redis, POOL, name, lease_s=15),
        kept(redis, url),
        Registry(redis, POOL),
        WorkerOptions(POOL, renew_s=4, most_attempts=3, drain_grace_s=grace_s),
    )
    async with Pool(redis, POOL, "gateway") as pool:
        with pool.route("resp") as inbox:
            working = asyncio.create_task(worker.run(leave))
            try:
                yield Bench(redis, pool, inbox, engine, leave, working)
            finally:
                engine.allow(FREELY)
                leave.set()
                with suppress(ExceptionGroup):
                    await working
                await engine_thread.close()
