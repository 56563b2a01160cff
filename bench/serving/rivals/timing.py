"""Times how soon a task starts. The task's worker writes it down in Redis; it knows nothing of how tasks get there."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from bench.serving.rivals import PAUSE_S, SAMPLES

STARTED = "started"
FIRST_S, LATER_S = 30, 10
"""How long the first task may take, whose worker may still be starting, and any other."""


async def note(redis: Redis, sent_at: float) -> None:
    """In a task, before anything else: write down how long ago it was sent, in seconds."""
    await redis.rpush(STARTED, time.time() - sent_at)  # pyright: ignore[reportGeneralTypeIssues]


async def ask(url: str, send: Callable[[float], Awaitable[object]]) -> None:
    """Send tasks one by one and print the samples as JSON; the first, whose worker may be starting, does not count."""
    chance = random.Random(1)
    async with Redis.from_url(url) as redis:
        await redis.delete(STARTED)
        await _sent(redis, send, FIRST_S)
        samples: list[float] = []
        for _ in range(SAMPLES):
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            samples.append(await _sent(redis, send, LATER_S))
    sys.stdout.write(json.dumps(samples))


async def _sent(redis: Redis, send: Callable[[float], Awaitable[object]], most_s: int) -> float:
    await send(time.time())
    popped = await redis.blpop([STARTED], timeout=most_s)  # pyright: ignore[reportGeneralTypeIssues]
    if popped is None:
        raise TimeoutError(f"no task was started within {most_s} s")
    return float(popped[1])
