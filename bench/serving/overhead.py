"""What serving adds to a picture: the same picture from the engine in this process, and over HTTP through gateway, queue and worker."""

from __future__ import annotations

import asyncio
import statistics
import time

import httpx

from bench.serving.reader import client
from visualizer_service.engine.seam import Drawn, Task
from visualizer_service.engine.simulated import SimulatedEngine, Simulation

PAIRS = 6


async def measure(url: str, simulation: Simulation) -> dict[str, float]:
    """One job at a time, in turns; the served one ends with the picture's last byte in base64."""
    served_s, bare_s = list[float](), list[float]()
    engine = SimulatedEngine(simulation)
    async with client(url) as http:
        await _served(http)
        for number in range(PAIRS):
            bare_s.append(await asyncio.to_thread(_bare, engine, f"task-{number}"))
            served_s.append(await _served(http))
    bare = statistics.median(bare_s)
    return {
        "overhead.serving": statistics.median(served_s) / bare - 1,
        "overhead.serving_ms": 1000 * (statistics.median(served_s) - bare),
        "overhead.bare_s": bare,
    }


async def _served(http: httpx.AsyncClient) -> float:
    began = time.perf_counter()
    reply = await http.post("/v1/images/generations", json={"prompt": "A fox.", "planner": False, "seed": 1})
    reply.raise_for_status()
    return time.perf_counter() - began


def _bare(engine: SimulatedEngine, id: str) -> float:
    began = time.perf_counter()
    limits = engine.limits
    engine.admit(Task(id, "A fox.", (), *limits.default_size, 1, limits.default_steps, 0, time.time() + 60))
    while not any(isinstance(event, Drawn) for event in engine.tick()):
        pass
    return time.perf_counter() - began
