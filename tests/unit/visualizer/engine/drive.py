"""Tasks and references made of numbers, and a loop that ticks an engine until it has nothing left to do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from visualizer_service.engine.seam import Broke, Drawn, Engine, EngineEvent, Reference, Task

NEVER = 4e9
"""A deadline, in Unix time, beyond every test."""


def make_reference(number: int, size: tuple[int, int] = (64, 64)) -> Reference:
    pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Reference(hashlib.sha256(pixels.tobytes()).hexdigest(), Image.fromarray(pixels))


def make_task(
    name: str,
    *,
    description: str = "a fox at the sea",
    references: Sequence[Reference] = (),
    size: tuple[int, int] = (64, 64),
    seed: int = 7,
    steps: int = 3,
    previews: int = 0,
    deadline: float = NEVER,
) -> Task:
    return Task(name, description, tuple(references), *size, seed, steps, previews, deadline)


def run_all(engine: Engine, most_ticks: int = 2000) -> list[EngineEvent]:
    """Every event until each task that spoke has ended and a tick says nothing more."""
    events: list[EngineEvent] = []
    for _ in range(most_ticks):
        fresh = engine.tick()
        events += fresh
        ended = {event.id for event in events if isinstance(event, Drawn | Broke)}
        if not fresh and ended >= {event.id for event in events}:
            return events
    raise AssertionError("the engine did not come to rest")
