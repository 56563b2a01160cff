"""The studio alone, before a gateway with a scripted planner and a pool that paints squares: `python -m tests.browser.alone`."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from pathlib import Path

from redis.asyncio import Redis

from tests.browser.conftest import STORY
from tests.integration.gateway.gateway_app import Planner, Pool, gateway, listening
from tests.redis_server import RedisServer


async def serve() -> None:
    """Say the address, and serve until Ctrl-C or SIGTERM."""
    over = asyncio.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(ending, over.set)
    with tempfile.TemporaryDirectory(prefix="studio-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            async with (
                Redis.from_url(server.url) as redis,
                gateway(redis, Planner(*STORY), Pool(redis)) as app,
                listening(app) as url,
            ):
                print(url, flush=True)
                await over.wait()
        finally:
            server.stop()


if __name__ == "__main__":
    asyncio.run(serve())
