"""arq: `python -m bench.serving.rivals.arq_queue work|ask REDIS_URL`."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from arq import create_pool, run_worker  # pyright: ignore[reportMissingImports]
from arq.connections import RedisSettings  # pyright: ignore[reportMissingImports]

from bench.serving.rivals import timing


async def start(context: dict[str, Any], sent_at: float) -> None:
    """The task."""
    await timing.note(context["redis"], sent_at)


def work(url: str) -> None:
    """Be a worker until a signal."""
    run_worker({"functions": [start], "redis_settings": RedisSettings.from_dsn(url)})


async def ask(url: str) -> None:
    """Be the client."""
    pool = await create_pool(RedisSettings.from_dsn(url))
    await timing.ask(url, lambda sent_at: pool.enqueue_job("start", sent_at))
    await pool.aclose()


if __name__ == "__main__":
    work(sys.argv[2]) if sys.argv[1] == "work" else asyncio.run(ask(sys.argv[2]))
