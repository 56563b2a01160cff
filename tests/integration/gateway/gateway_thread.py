"""The gateway of `gateway_app` on a port of its own, in a thread, for clients that know nothing of event loops."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening
from visualizer_service.queue.connection import connect

START_S = 30


@contextlib.contextmanager
def running(redis_url: str) -> Iterator[str]:
    """Its address."""
    serving = _Serving(redis_url)
    thread = threading.Thread(target=lambda: asyncio.run(serving.serve()), name="gateway")
    thread.start()
    try:
        assert serving.started.wait(START_S), "the gateway does not start"
        yield serving.url
    finally:
        serving.stop()
        thread.join(START_S)


class _Serving:
    """What the thread runs, and how it is told to end."""

    def __init__(self, redis_url: str) -> None:
        self.url = ""
        self.started = threading.Event()
        self._redis_url = redis_url
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None

    async def serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        redis = connect(self._redis_url)
        try:
            await redis.flushall()
            async with gateway(redis, Planner(*STORY), Pool(redis)) as app, listening(app) as self.url:
                self.started.set()
                await self._over.wait()
        finally:
            await redis.aclose()

    def stop(self) -> None:
        if self._loop is not None and self._over is not None:
            self._loop.call_soon_threadsafe(self._over.set)
