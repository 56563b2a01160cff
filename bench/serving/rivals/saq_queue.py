"""saq: `python -m bench.serving.rivals.saq_queue work|ask REDIS_URL`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from redis.asyncio import Redis
from saq import Queue, Worker  # pyright: ignore[reportMissingImports]

from bench.serving.rivals import timing


async def work(url: str) -> None:
    """Be a worker until a signal."""
    async with Redis.from_url(url) as redis:

        async def start(_: dict[str, Any], *, sent_at: float) -> None:
            await timing.note(redis, sent_at)

        await Worker(Queue.from_url(url), functions=[("start", start)]).start()


async def ask(url: str) -> None:
    """Be the client."""
    queue = Queue.from_url(url)
    await queue.connect()
    await timing.ask(url, lambda sent_at: queue.enqueue("start", sent_at=sent_at))
    await queue.disconnect()


if __name__ == "__main__":
    asyncio.run((work if sys.argv[1] == "work" else ask)(sys.argv[2]))
