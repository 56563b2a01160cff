"""A tenant that asks for ten times its share of the pool beside one that asks for half of its own: how much longer does the second wait?

Both ask at random times, whatever became of what they asked before; a client that waited for its answer would hide the load. The modest
tenant streams stories and waits for their first pictures; the greedy one asks for nothing but pictures, and is refused most of them.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import httpx

from bench.serving.figures import quantile
from bench.serving.reader import client, stream
from bench.serving.script import Script

STORY = Script(pictures=1, words=20, pace_s=0.05)
PICTURE = Script(pictures=1, words=0, pace_s=0)
QUALITIES = ("low", "medium", "high")
"""Of the greedy tenant's pictures. If all took exactly as long, all workers would be free at the same moment, once in a picture's time."""
_CHANCE = random.Random(3)
WORKERS = 8
SHARE_PER_S = WORKERS / 2
"""Of the pictures that workers draw, one a second each, for either of two tenants."""
MODEST, GREEDY = 0.5, 10.0
"""Times its share."""
LASTS_S = 30.0
KEYS = {"modest-key": "modest", "greedy-key": "greedy"}
SETTINGS = {"API_KEYS": json.dumps(KEYS)}
"""What the gateway is to be told."""

Ask = Callable[[httpx.AsyncClient], Awaitable[float | None]]


async def measure(url: str) -> dict[str, float]:
    """The modest tenant's p95 to its first picture with the greedy one ÷ without it, and who was refused."""
    async with _tenant(url, "modest-key") as modest, _tenant(url, "greedy-key") as greedy:
        alone = await _load(modest, _first_picture_s, MODEST, seed=1)
        beside, theirs = await asyncio.gather(
            _load(modest, _first_picture_s, MODEST, seed=1),
            _load(greedy, _picture_s, GREEDY, seed=2),
        )
    alone_s, beside_s = (quantile([took for took in one if took is not None], 95) for one in (alone, beside))
    return {
        "neighbour.ratio_p95": beside_s / alone_s,
        "neighbour.alone_p95_s": alone_s,
        "neighbour.beside_p95_s": beside_s,
        "neighbour.samples": len(beside),
        "neighbour.refused": sum(took is None for took in (*alone, *beside)),
        "neighbour.greedy_drawn_of_its_share": sum(took is not None for took in theirs)
        / (LASTS_S * SHARE_PER_S),
        "neighbour.greedy_refused": sum(took is None for took in theirs),
    }


@asynccontextmanager
async def _tenant(url: str, key: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with client(url) as http:
        http.headers["authorization"] = f"Bearer {key}"
        yield http


async def _load(http: httpx.AsyncClient, ask: Ask, shares: float, seed: int) -> list[float | None]:
    """What each request gave, in the order of asking."""
    chance = random.Random(seed)
    began = time.perf_counter()
    asked: list[asyncio.Task[float | None]] = []
    at_s = 0.0
    while (at_s := at_s + chance.expovariate(shares * SHARE_PER_S)) < LASTS_S:
        await asyncio.sleep(max(0.0, began + at_s - time.perf_counter()))
        asked.append(asyncio.create_task(_told(ask, http)))
    return await asyncio.gather(*asked)


async def _told(ask: Ask, http: httpx.AsyncClient) -> float | None:
    """Seconds; None where the answer was refused, cut, or lacks its picture."""
    try:
        return await ask(http)
    except httpx.HTTPError:
        return None


async def _first_picture_s(http: httpx.AsyncClient) -> float | None:
    asked_at, drawn_at = time.time(), None
    async with aclosing(stream(http, STORY.question(delivery="url"))) as events:
        async for event in events:
            if drawn_at is None and event.type == "response.image_generation_call.completed":
                drawn_at = event.at
    return None if drawn_at is None else drawn_at - asked_at


async def _picture_s(http: httpx.AsyncClient) -> float | None:
    asked_at = time.perf_counter()
    tools = [{"type": "image_generation", "quality": _CHANCE.choice(QUALITIES)}]
    question = PICTURE.question(mode="image", delivery="url", tools=tools)
    reply = await http.post("/v1/responses", json=question)
    reply.raise_for_status()
    return time.perf_counter() - asked_at if reply.json()["status"] == "completed" else None
