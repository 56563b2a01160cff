"""A pool that draws half of each picture, and the rest when it is told to go on."""

from __future__ import annotations

import asyncio
import time

from redis.asyncio import Redis

from tests.fakes import done, failed
from tests.integration.gateway.gateway_app import Pool, png
from visualizer_service.wire import Job, Progress, Started


class HeldPool(Pool):
    """Pictures of the slots in `fails` do not come."""

    def __init__(self, redis: Redis, fails: tuple[int, ...] = (), held: bool = True) -> None:
        super().__init__(redis)
        self.goes_on = asyncio.Event()
        if not held:
            self.goes_on.set()
        self._fails = fails
        self._painting: set[asyncio.Task[None]] = set()

    async def paint(self, job: Job) -> None:
        task = asyncio.create_task(self._paint(job))
        self._painting.add(task)
        task.add_done_callback(self._painting.discard)

    async def _paint(self, job: Job) -> None:
        self.say(job, Started(worker="w1", at=time.time()))
        self.say(job, Progress(step=2, of=4))
        await self.goes_on.wait()
        if job.slot in self._fails:
            self.say(job, failed())
            return
        blob = await self.blobs.put(png(job.slot, (job.width_px, job.height_px)), "image/png", job.response)
        self.say(job, done(job, done_at=time.time()).model_copy(update={"blob": blob}))
