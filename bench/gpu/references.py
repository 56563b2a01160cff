"""What references cost in a klein-KV model: seconds of a picture with some ÷ without, first seen and cached by an earlier picture."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from bench.contenders import Engine
from bench.gpu.check import Figures
from bench.subjects import plain, tuned
from bench.tasks import Tasks
from visualizer_service.engine.device import Device
from visualizer_service.engine.tuning import Tuning

COUNTS: Final = (1, 4)
ROUNDS: Final = 3


def costs(model: str, device: Device, sides: Sequence[int], *, compiled: bool) -> Iterator[Figures]:
    """Figures of every side and number of references; the model is loaded for them and gone afterwards."""
    pipeline, known = plain(model, device)
    engine, _ = tuned(pipeline, model, device, 1, Tuning(compiled=compiled))
    drawer = Engine(engine, lambda: None)
    for side in sides:
        tasks = Tasks((side, side), known.num_inference_steps)
        for count in (0, *COUNTS):
            drawer.draw(tasks.make(1, count, shared=True))
        without = statistics.median(drawer.draw(tasks.make(1, 0, shared=True)).wall_s for _ in range(ROUNDS))
        yield {f"kv.{side}.s": without}
        for count in COUNTS:
            first, cached = [], []
            for _ in range(ROUNDS):
                [seen] = tasks.make(1, count, shared=True)
                first.append(drawer.draw([seen]).wall_s)
                [again] = tasks.make(1, 0, shared=True)
                cached.append(drawer.draw([replace(again, references=seen.references)]).wall_s)
            yield {
                f"first.{side}.{count}": statistics.median(first) / without,
                f"cached.{side}.{count}": statistics.median(cached) / without,
            }
    engine.close()
