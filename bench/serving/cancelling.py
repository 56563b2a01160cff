"""How soon a cancelled picture is out of the way: one that waits is told as ended, one that is drawn makes room for the next.

The pool has one worker, so that something waits.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing

import httpx

from bench.serving import jobs
from bench.serving.bed import Bed
from bench.serving.reader import CALL, client, stream, until
from bench.serving.script import Script
from visualizer_service.client import Pool
from visualizer_service.engine.simulated import Simulation
from visualizer_service.wire import Started

BUSY = Script(pictures=8, words=0, pace_s=0)
ONE = Script(pictures=1, words=1, pace_s=0)
QUEUED, RUNNING = 20, 15
ENDLESS_STEPS = 200


async def measure(bed: Bed, url: str, pool: str, simulation: Simulation) -> dict[str, float]:
    """The longest of each, in milliseconds."""
    async with client(url) as http:
        queued_s = await _queued(http)
    async with jobs.pool(bed.stack.redis_url, pool) as joined:
        chance = random.Random(1)
        step_s = simulation.step_ms / 1000
        running_s = [await _running(joined, chance.uniform(0, 2 * step_s)) for _ in range(RUNNING)]
    return {
        "cancel.queued_ms": 1000 * max(queued_s),
        "cancel.running_ms": 1000 * max(running_s),
        "cancel.running_extra_ms": 1000 * (max(running_s) - step_s),
    }


async def _queued(http: httpx.AsyncClient) -> list[float]:
    """From the request that cancels to the reader's last event, while the worker is at another answer."""
    async with aclosing(stream(http, BUSY.question(tools=_quality("high")))) as busy:
        await until(busy, f"{CALL}.generating")
        return [await _cancelled(http) for _ in range(QUEUED)]


async def _cancelled(http: httpx.AsyncClient) -> float:
    async with aclosing(stream(http, ONE.question())) as coming:
        created = await until(coming, "response.created")
        await until(coming, f"{CALL}.in_progress", state="queued")
        asked_at = time.time()
        path = f"/v1/responses/{created.data['response']['id']}/cancel"
        posted = asyncio.create_task(http.post(path))
        last = await until(coming, "response.incomplete")
        (await posted).raise_for_status()
        return last.at - asked_at


async def _running(joined: Pool, wait_s: float) -> float:
    """From the cancellation of a picture, somewhere in a step, to the first step of the one that waits behind it."""
    async with jobs.line(joined) as drawn, jobs.line(joined) as waiting:
        await drawn.submit(0, "a fox", ENDLESS_STEPS)
        await drawn.next(Started)
        await waiting.submit(0, "a hare", 1)
        await asyncio.sleep(wait_s)
        cancelled_at = time.time()
        await joined.cancel(drawn.response)
        return (await waiting.next(Started)).at - cancelled_at


def _quality(name: str) -> list[dict[str, str]]:
    return [{"type": "image_generation", "quality": name}]
