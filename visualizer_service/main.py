"""Starts one visualizer worker: `python -m visualizer_service.main`.

Exit codes: 0 after SIGTERM or SIGINT, 1 when the engine died or could not be loaded.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import signal
import socket
import sys
import time
from functools import partial

from telemetry import logs, traces
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import opened
from visualizer_service.engine.budgets import CacheWish
from visualizer_service.engine.seam import Engine
from visualizer_service.engine.simulated import SimulatedEngine
from visualizer_service.errors import DeviceLost
from visualizer_service.queue.connection import connect
from visualizer_service.queue.consumer import Consumer
from visualizer_service.queue.registry import Registry
from visualizer_service.settings import Settings
from visualizer_service.side import side_app, side_port
from visualizer_service.worker.drawing import EngineThread
from visualizer_service.worker.worker import BEAT_TTL_S, Worker, WorkerOptions

log = logging.getLogger(__name__)


def main() -> None:
    """Run until told to leave, or until the engine dies."""
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format, "visualizer")
    traces.configure("visualizer")
    if settings.threads is not None:
        os.environ["OMP_NUM_THREADS"] = str(settings.threads)
    engine_thread = EngineThread(settings.turn_limit_s)
    code = asyncio.run(_serve(settings, engine_thread))
    traces.flush()
    if engine_thread.is_busy or code:
        # A thread of the engine is loading or hangs: it can't be joined, and nothing is left to lose.
        logging.shutdown()
        os._exit(code)
    sys.exit(code)


def build(settings: Settings) -> Engine:
    """Make the engine that the settings ask for; imports what it needs, which takes a while."""
    if settings.model == "simulated":
        return SimulatedEngine(settings.simulation)
    import torch

    from visualizer_service.engine.load import load
    from visualizer_service.engine.tuning import Tuning, can_compile

    device = settings.device
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = settings.dtype
    if dtype == "auto":
        dtype = "bfloat16" if device.startswith("cuda") else "float32"
    compiled = settings.compiled
    if compiled is None:
        changes_as_it_runs = settings.offloaded or bool(settings.adapters)
        compiled = device.startswith("cuda") and not changes_as_it_runs and can_compile()
    return load(
        settings.model,
        device=device,
        dtype=dtype,
        slots=settings.slots,
        caches=CacheWish(settings.cache_bytes, settings.cache_share, settings.host_cache_bytes),
        caps=settings.caps_file,
        adapters=settings.adapters,
        tuning=Tuning(
            compiled,
            settings.attention,
            settings.weights,
            settings.offloaded,
            settings.step_cache,
            settings.keys_values,
            settings.reference_side_px,
        ),
        stuck_s=settings.turn_limit_s,
    )


async def _serve(settings: Settings, engine_thread: EngineThread) -> int:
    leave = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, leave.set)
    working: list[Worker] = []
    app = side_app(lambda: _why_not_ready(leave, working))
    async with side_port(app, settings.host, settings.port):
        if not await _load(settings, engine_thread, leave):
            return 0
        # The engine stays. With torch, searching it for garbage now and then would hold a step up for a fifth of a second.
        gc.collect()
        gc.freeze()
        return await _work(settings, engine_thread, leave, working)


async def _load(settings: Settings, engine_thread: EngineThread, leave: asyncio.Event) -> bool:
    """Load the engine; answer False when told to leave first."""
    loading = asyncio.create_task(engine_thread.start(partial(build, settings)))
    leaving = asyncio.create_task(leave.wait())
    await asyncio.wait({loading, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if not loading.done():
        return False
    await loading
    return True


async def _work(
    settings: Settings, engine_thread: EngineThread, leave: asyncio.Event, working: list[Worker]
) -> int:
    name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
    options = WorkerOptions(settings.pool, settings.renew_s, settings.most_attempts, settings.drain_grace_s)
    code = 0
    async with connect(settings.redis_url) as redis, opened(settings.blobs_url) as objects:
        worker = Worker(
            engine_thread,
            Consumer(redis, settings.pool, name, settings.lease_s),
            Blobs(redis, objects),
            Registry(redis, settings.pool),
            options,
        )
        working.append(worker)
        log.info(
            "ready",
            extra={"worker": name, "model": engine_thread.engine.name, "device": engine_thread.engine.device},
        )
        try:
            await worker.run(leave)
        except* DeviceLost:
            log.exception("the engine died")
            code = 1
        else:
            await engine_thread.close()
    return code


def _why_not_ready(leave: asyncio.Event, working: list[Worker]) -> str | None:
    if leave.is_set():
        return "draining"
    if not working:
        return "loading the model"
    if time.monotonic() - working[0].beaten_at > BEAT_TTL_S:
        return "Redis does not answer"
    return None


if __name__ == "__main__":
    main()
