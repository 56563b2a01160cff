"""How well planning and drawing overlap: four pictures, four workers, a story that begins and ends with text.

Beside it runs what a server without overlap does with the same planner and the same workers: plan the whole answer, then draw one
picture after the other, as one pipeline in a loop would, or all at once.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import httpx

from bench.serving import jobs
from bench.serving.bed import Bed
from bench.serving.reader import ask, client
from bench.serving.script import Script
from planner_service.client import Planner
from planner_service.wire import Message, PlanRequest, Slot, TextPart
from visualizer_service.client import Pool
from visualizer_service.wire import Done

STORY = Script(pictures=4, words=24, pace_s=0.025)
ROUNDS = 3


async def measure(bed: Bed, url: str, pool: str) -> dict[str, float]:
    """Medians over rounds, in which all ways take their turn."""
    efficiencies: list[float] = []
    told_s: list[float] = []
    in_turn_s: list[float] = []
    at_once_s: list[float] = []
    async with (
        client(url) as http,
        Planner(bed.stack.planner_url) as planner,
        jobs.pool(bed.stack.redis_url, pool) as joined,
    ):
        for _ in range(ROUNDS):
            efficiency, took_s = await _overlapped(http, "none")
            efficiencies.append(efficiency)
            told_s.append(took_s)
            in_turn_s.append(await _plan_then_draw(planner, joined, in_turn=True))
            at_once_s.append(await _plan_then_draw(planner, joined, in_turn=False))
        guided, _ = await _overlapped(http, "anchor")
    return {
        "overlap.efficiency": statistics.median(efficiencies),
        "overlap.efficiency_guided": guided,
        "overlap.speedup": _speedup(in_turn_s, told_s),
        "overlap.speedup_at_once": _speedup(at_once_s, told_s),
        "overlap.answer_s": statistics.median(told_s),
    }


def _speedup(theirs: Sequence[float], ours: Sequence[float]) -> float:
    return statistics.median(their / our for their, our in zip(theirs, ours, strict=True))


async def _overlapped(http: httpx.AsyncClient, policy: str) -> tuple[float, float]:
    """The critical path, as the answer's timeline has it, ÷ what its reader waited; and that in seconds."""
    answer = await ask(http, STORY.question(reference_policy=policy, delivery="url"))
    if not answer.is_whole(STORY):
        raise RuntimeError(f"an answer is not whole: {answer.response}")
    took_s = answer.events[-1].at - answer.asked_at
    return answer.response["timeline"]["ideal_s"] / took_s, took_s


async def _plan_then_draw(planner: Planner, joined: Pool, in_turn: bool) -> float:
    """Seconds until the last picture is drawn."""
    began = time.perf_counter()
    said = Message(role="user", content=(TextPart(text=STORY.model_dump_json()),))
    request = PlanRequest(
        id="bench",
        messages=(said,),
        mode="interleaved",
        least_images=STORY.pictures,
        most_images=STORY.pictures,
    )
    slots = [event async for event in planner.plan(request) if isinstance(event, Slot)]
    async with jobs.line(joined) as drawn:
        for slot in slots:
            await drawn.submit(slot.index, slot.description)
            if in_turn:
                await drawn.next(Done)
        for _ in () if in_turn else slots:
            await drawn.next(Done)
    return time.perf_counter() - began
