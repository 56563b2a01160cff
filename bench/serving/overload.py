"""Twice as many requests as the pool can draw, at a gateway that refuses what is too much: what is still answered, and how soon is no said?

Requests come at random times, whatever became of those before; a client that waited for its answer would hide the overload.
"""

from __future__ import annotations

import asyncio
import random
import time

import httpx

from bench.serving.figures import spread_ms
from bench.serving.reader import client
from bench.serving.script import Script

PICTURE = Script(pictures=1, words=0, pace_s=0)
LASTS_S = 8.0
TIMES = 2.0

Outcome = tuple[float, float, httpx.Response]
"""Seconds from the start of the load to the answer, seconds that it took, and the answer."""


async def measure(url: str, most_responses: int) -> dict[str, float]:
    """Answers a second under twice the load that fills the pool ÷ under the load that just fills it."""
    async with client(url) as http:
        peak = rate(await _saturate(http, most_responses))
        outcomes = await _overload(http, TIMES * peak)
    refused = [(took_s, reply) for _, took_s, reply in outcomes if reply.status_code in (429, 503)]
    answered = [outcome for outcome in outcomes if outcome[2].is_success]
    return {
        "overload.goodput": rate(answered) / peak,
        "overload.peak_per_s": peak,
        "overload.refused": len(refused),
        "overload.failed": len(outcomes) - len(refused) - len(answered),
        "overload.without_retry_after": sum("retry-after" not in reply.headers for _, reply in refused),
        **spread_ms("overload.refusal", [took_s for took_s, _ in refused]),
    }


def rate(answered: list[Outcome]) -> float:
    """Answers a second, the time in which the pool fills left out."""
    first_s = LASTS_S / 4
    return sum(first_s <= at_s < LASTS_S for at_s, _, _ in answered) / (LASTS_S - first_s)


async def _saturate(http: httpx.AsyncClient, clients: int) -> list[Outcome]:
    """As many clients as the gateway takes, each asking anew when it has its answer."""
    began = time.perf_counter()

    async def ask_on() -> list[Outcome]:
        told: list[Outcome] = []
        while time.perf_counter() - began < LASTS_S:
            told.append(await _ask(http, began))
        return told

    return [outcome for told in await asyncio.gather(*(ask_on() for _ in range(clients))) for outcome in told]


async def _overload(http: httpx.AsyncClient, per_s: float) -> list[Outcome]:
    """Requests with exponential times between them, until the time is over."""
    chance = random.Random(1)
    began = time.perf_counter()
    asked: list[asyncio.Task[Outcome]] = []
    at_s = 0.0
    while (at_s := at_s + chance.expovariate(per_s)) < LASTS_S:
        await asyncio.sleep(max(0.0, began + at_s - time.perf_counter()))
        asked.append(asyncio.create_task(_ask(http, began)))
    return await asyncio.gather(*asked)


async def _ask(http: httpx.AsyncClient, began: float) -> Outcome:
    asked_at = time.perf_counter()
    reply = await http.post("/v1/responses", json=PICTURE.question(mode="image", delivery="url"))
    now = time.perf_counter()
    return now - began, now - asked_at, reply
