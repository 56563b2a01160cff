"""All workers are restarted one by one while answers are made: each is asked to leave, and the next only when it is back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence

import httpx

from bench.serving.bed import Fleet
from bench.serving.reader import ask, client
from bench.serving.script import Script

READERS = 6
ANSWER = Script(pictures=2, words=5, pace_s=0.02)
BACK_S = 60.0
LOOK_EVERY_S = 0.05


async def measure(url: str, fleets: Sequence[Fleet]) -> dict[str, float]:
    """Answers while it lasted, and those that were not whole."""
    began = time.perf_counter()
    over = asyncio.Event()
    async with client(url) as http:
        readers = [asyncio.create_task(_read(http, over)) for _ in range(READERS)]
        for fleet in fleets:
            for name in fleet.names:
                await asyncio.to_thread(_restart, fleet, name)
        over.set()
        outcomes = [outcome for told in await asyncio.gather(*readers) for outcome in told]
    return {
        "restart.failed": outcomes.count(False),
        "restart.answers": len(outcomes),
        "restart.took_s": time.perf_counter() - began,
    }


async def _read(http: httpx.AsyncClient, over: asyncio.Event) -> list[bool]:
    """Ask again and again; whether each answer was whole."""
    outcomes: list[bool] = []
    while not over.is_set():
        outcomes.append((await ask(http, ANSWER.question())).is_whole(ANSWER))
    return outcomes


def _restart(fleet: Fleet, name: str) -> None:
    """Ask a worker to leave, and wait until another is ready under its name."""
    left = fleet.supervisor.pid(name)
    os.kill(left, signal.SIGTERM)
    give_up_at = time.monotonic() + BACK_S
    while fleet.supervisor.pid(name) == left or not fleet.supervisor.is_ready(name):
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"{name} is not back after {BACK_S:g} s")
        time.sleep(LOOK_EVERY_S)
