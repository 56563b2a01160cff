"""A worker is killed in the middle of a picture: when is it drawn again, and what does the reader see of it?"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import aclosing

import httpx

from bench.serving.figures import numbering
from bench.serving.reader import CALL, Answer, Seen, client, stream
from bench.serving.script import Script
from visualizer_service.settings import Settings

KILLED = 4
ONE = Script(pictures=1, words=2, pace_s=0)
SLOWLY = [{"type": "image_generation", "quality": "high"}]


async def measure(url: str) -> dict[str, float]:
    """As many answers at once, each losing the worker of its picture; the longest time, and all events together."""
    lease_s = Settings.model_fields["lease_s"].default
    async with client(url) as http:
        hit = await asyncio.gather(*(_hit(http) for _ in range(KILLED)))
    numbers = [numbering([seen.data["sequence_number"] for seen in answer.events]) for answer, _ in hit]
    waited_s = [_drawn_again(answer) - killed_at for answer, killed_at in hit]
    outcomes = [sum(seen.type == f"{CALL}.completed" for seen in answer.events) for answer, _ in hit]
    return {
        "killed.over_lease_s": max(waited_s) - lease_s,
        "killed.redrawn_s": max(waited_s),
        "killed.lost": sum(lost for lost, _ in numbers) + sum(count == 0 for count in outcomes),
        "killed.doubled": sum(doubled for _, doubled in numbers)
        + sum(max(0, count - 1) for count in outcomes),
    }


async def _hit(http: httpx.AsyncClient) -> tuple[Answer, float]:
    """One answer, read to its end, and when its worker was killed: at the first word of a step, which is early in the picture."""
    asked_at, killed_at = time.time(), 0.0
    events: list[Seen] = []
    async with aclosing(stream(http, ONE.question(tools=SLOWLY, delivery="url"))) as coming:
        async for seen in coming:
            events.append(seen)
            if not killed_at and seen.type == f"{CALL}.generating" and seen.data["step"]:
                killed_at = time.time()
                os.kill(_process_of(seen.data["worker"]), signal.SIGKILL)
    return Answer(asked_at, events), killed_at


def _drawn_again(answer: Answer) -> float:
    """When the attempt that succeeded began; never, if none did."""
    return max(
        (picture["timings"]["started_at"] for picture in answer.pictures if picture["timings"]),
        default=float("inf"),
    )


def _process_of(worker: str) -> int:
    """By the name that a worker gives itself: host, process, and a token."""
    return int(worker.split("-")[-2])
