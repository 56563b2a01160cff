"""taskiq on Redis Streams: `python -m bench.serving.rivals.taskiq_queue work|ask REDIS_URL`."""

from __future__ import annotations

import asyncio
import sys

from redis.asyncio import Redis
from taskiq.api import run_receiver_task  # pyright: ignore[reportMissingImports]
from taskiq_redis import RedisStreamBroker  # pyright: ignore[reportMissingImports]

from bench.serving.rivals import timing

URL = sys.argv[2]
broker = RedisStreamBroker(URL)
redis = Redis.from_url(URL)


@broker.task("start")
async def start(sent_at: float) -> None:
    """The task."""
    await timing.note(redis, sent_at)


async def work() -> None:
    """Be a worker until a signal."""
    await run_receiver_task(broker, run_startup=True)


async def ask() -> None:
    """Be the client."""
    await broker.startup()
    await timing.ask(URL, start.kiq)  # pyright: ignore[reportFunctionMemberAccess]
    await broker.shutdown()


if __name__ == "__main__":
    asyncio.run(work() if sys.argv[1] == "work" else ask())
