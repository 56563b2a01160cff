"""How many pictures a second a pool draws when it has work enough."""

from __future__ import annotations

import asyncio

from bench.serving.reader import ask, client
from bench.serving.script import Script

EACH = 6
"""Pictures for each worker."""
ALBUM = Script(pictures=EACH, words=0, pace_s=0)


CROWDED_WORKERS = 4
"""Workers that each take in far more than they can draw side by side."""
CROWDED_EACH = 2


async def crowd_s(url: str) -> float:
    """Seconds from the first step to the last of `CROWDED_EACH` pictures for each worker, all asked for at once."""
    script = Script(pictures=CROWDED_EACH * CROWDED_WORKERS, words=0, pace_s=0)
    async with client(url) as http:
        answer = await ask(http, script.question(delivery="url"))
    timings = [picture["timings"] for picture in answer.pictures]
    return max(times["done_at"] for times in timings) - min(times["started_at"] for times in timings)


async def images_per_s(url: str, workers: int) -> float:
    """As many answers at once as there are workers, each of several pictures, from the first step to the last picture stored."""
    async with client(url) as http:
        answers = await asyncio.gather(*(ask(http, ALBUM.question(delivery="url")) for _ in range(workers)))
    timings = [picture["timings"] for answer in answers for picture in answer.pictures]
    began = min(times["started_at"] for times in timings)
    return len(timings) / (max(times["done_at"] for times in timings) - began)


def figures(speeds: dict[int, float]) -> dict[str, float]:
    """Speed by number of workers, and for more than one, ÷ as many times that of one."""
    told = {f"scale.{workers}.images_per_s": speed for workers, speed in speeds.items()}
    shares = {
        f"scale.{workers}": speed / (workers * speeds[1]) for workers, speed in speeds.items() if workers > 1
    }
    return told | shares
