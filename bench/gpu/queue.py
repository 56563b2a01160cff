"""Images a second of a worker with a real Redis ÷ those of its engine alone."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from bench.contenders import Engine
from bench.gpu.check import Figures
from bench.tasks import Tasks
from deploy.local import redis_server
from deploy.local.services import free_ports
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import opened
from visualizer_service.client import Pool, connect
from visualizer_service.engine.seam import Task
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.registry import Registry
from visualizer_service.wire import Done, Failed, Job
from visualizer_service.worker.drawing import EngineThread
from visualizer_service.worker.worker import Worker, WorkerOptions

JOBS: Final = 24
WAIT_S: Final = 120.0
POOL: Final = "gpu-check"


def through_the_queue(engine: Any, tasks: Tasks) -> Iterator[Figures]:
    """Draw as many pictures in both ways; the engine is closed afterwards."""
    alone_s = Engine(engine, lambda: None).draw(tasks.make(JOBS, 0, shared=True)).wall_s
    (port,) = free_ports(0)
    with tempfile.TemporaryDirectory() as directory:
        redis = subprocess.Popen(redis_server.command(port, Path(directory)))
        try:
            while not redis_server.answers(port):
                time.sleep(0.05)
            took_s = asyncio.run(
                _served_s(engine, tasks.make(JOBS, 0, shared=True), f"redis://127.0.0.1:{port}/0")
            )
        finally:
            redis.terminate()
            redis.wait()
    yield {"queue.images_per_s": JOBS / took_s, "queue.of_engine": alone_s / took_s}


async def _served_s(engine: Any, tasks: list[Task], url: str) -> float:
    """Seconds from the first picture's first step to the last one stored."""
    thread, leave = EngineThread(WAIT_S), asyncio.Event()
    await thread.start(lambda: engine)
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(connect(url))
        pool = await stack.enter_async_context(Pool(redis, POOL, "check"))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        objects = await stack.enter_async_context(opened(f"file://{folder}"))
        worker = Worker(
            thread,
            Consumer(redis, POOL, "worker", lease_s=15),
            Blobs(redis, objects, keep_s=600),
            Registry(redis, POOL),
            WorkerOptions(POOL, renew_s=4, most_attempts=1, drain_grace_s=0),
        )
        working = asyncio.create_task(worker.run(leave))
        with pool.route("check") as inbox:
            for slot, task in enumerate(tasks):
                await pool.submit(_job(slot, task))
            done: list[Done] = []
            async with asyncio.timeout(WAIT_S):
                while len(done) < len(tasks):
                    match (await inbox.get()).event:
                        case Done() as event:
                            done.append(event)
                        case Failed(code=code):
                            raise RuntimeError(f"a picture failed: {code}")
        leave.set()
        await working
        await thread.close()
    return max(one.timings.done_at for one in done) - min(one.timings.started_at for one in done)


def _job(slot: int, task: Task) -> Job:
    now = time.time()
    return Job(
        id=task.id,
        response="check",
        slot=slot,
        description=task.description,
        width_px=task.width_px,
        height_px=task.height_px,
        seed=task.seed,
        queued_at=now,
        deadline=now + WAIT_S,
        reply_to="check",
    )
