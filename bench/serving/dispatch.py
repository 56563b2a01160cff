"""How soon an idle worker starts on a picture: from the moment its description is complete in the gateway to its first step.

arq, saq and taskiq are measured beside it, from the call that enqueues to the first line of the task, each with its own client, its own
idle worker and its settings as they come. They have it easier: no answer is read, no slot opened, no cancellation looked up.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from bench.serving.bed import Bed
from bench.serving.figures import quantile, spread_ms
from bench.serving.reader import client
from bench.serving.rivals import NAMES, PAUSE_S, SAMPLES
from bench.serving.script import Script
from deploy.local.services import DEFAULTS, Service

ENVIRONMENTS = Path("build/rivals")
"""A virtual environment for each, as `make bench-serving` makes them: their requirements contradict ours."""
PICTURE = Script(pictures=1, words=0, pace_s=0)
HALF = 30
MOST_S = 120.0


async def measure(url: str) -> list[dict[str, Any]]:
    """The times of pictures drawn one by one, with random pauses so that nothing keeps step with anything."""
    chance = random.Random(1)
    async with client(url) as http:
        return [await _times(http, chance.uniform(*PAUSE_S)) for _ in range(HALF)]


async def _times(http: httpx.AsyncClient, pause_s: float) -> dict[str, Any]:
    await asyncio.sleep(pause_s)
    reply = await http.post("/v1/responses", json=PICTURE.question(mode="image", delivery="url"))
    response = reply.raise_for_status().json()
    (picture,) = response["output"]
    return {"closed_at": response["timeline"]["slots"][0]["closed"], **picture["timings"]}


def figures(times: list[dict[str, Any]], rivals: dict[str, list[float]]) -> dict[str, float]:
    """Ours, of it what the queue takes until a worker has the job, theirs, and both of ours ÷ the best of theirs."""
    whole = [time["started_at"] - time["closed_at"] for time in times]
    queue = [time["claimed_at"] - time["queued_at"] for time in times]
    told = spread_ms("dispatch", whole) | spread_ms("dispatch.queue", queue)
    for name, samples in rivals.items():
        told |= spread_ms(f"dispatch.{name}", samples)
    for percent in (50, 99) if rivals else ():
        best = min(quantile(samples, percent) for samples in rivals.values())
        told[f"dispatch.of_best.p{percent}"] = quantile(whole, percent) / best
        told[f"dispatch.queue_of_best.p{percent}"] = quantile(queue, percent) / best
    return told


def measure_rivals(bed: Bed) -> dict[str, list[float]]:
    """The same of every rival that is installed, in seconds."""
    url = bed.stack.redis_url.removesuffix("/0") + "/1"
    there = [name for name in NAMES if _python(name).exists()]
    for name in NAMES:
        if name not in there:
            print(f"  {name} is not installed; `make bench-serving` installs it")
    return {name: _measure(bed, name, url) for name in there}


def _measure(bed: Bed, name: str, url: str) -> list[float]:
    print(f"  {name}", flush=True)
    command = (str(_python(name)), "-m", f"bench.serving.rivals.{name}_queue")
    # It says itself when it is there: a task is answered before any is timed.
    worker = Service(name, (*command, "work", url), lambda: True, DEFAULTS)
    tether = (sys.executable, "-m", "deploy.local.tether", str(os.getpid()))
    with bed.supervised(worker):
        asked = subprocess.run(
            [*tether, *command, "ask", url],
            stdout=subprocess.PIPE,
            stderr=bed.lines,
            timeout=MOST_S,
            check=True,
        )
    samples = json.loads(asked.stdout)
    assert len(samples) == SAMPLES
    return samples


def _python(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"
