"""Who draws in the engine's benchmark: the step engine, and diffusers' own pipeline called in a loop or with a batch.

All get the same tasks, weights and arguments; each says when which picture was there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch

from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Task
from visualizer_service.engine.serving import Serving


@dataclass(frozen=True, slots=True)
class Drawing:
    """One run over tasks that all wait at its start. `done_s` are seconds from the start to each picture."""

    wall_s: float
    cpu_s: float
    done_s: dict[str, float]
    pictures: dict[str, np.ndarray]
    first_preview_s: float | None = None


@dataclass(slots=True)
class Stopwatch:
    """Collects pictures and their times."""

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)
    done_s: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    first_preview_s: float | None = None

    def picture(self, task_id: str, image: Any) -> None:
        """Note a finished picture."""
        self.done_s[task_id] = time.perf_counter() - self.wall
        self.pictures[task_id] = np.asarray(image)

    def stop(self) -> Drawing:
        """Everything so far."""
        now, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        return Drawing(now, cpu, self.done_s, self.pictures, self.first_preview_s)


class Contender(Protocol):
    """Draws tasks that wait together."""

    name: str

    def draw(self, tasks: Sequence[Task]) -> Drawing | None:
        """Draw them all, or None where this way of drawing can't."""
        ...


class PipelineLoop:
    """Calls the pipeline once a task, as an app without an engine does."""

    name = "diffusers loop"

    def __init__(self, pipeline: Any, serving: Serving) -> None:
        self._call = pipeline_call(pipeline, serving)

    def draw(self, tasks: Sequence[Task]) -> Drawing:
        """One after the other."""
        watch = Stopwatch()
        for task in tasks:
            watch.picture(task.id, self._call([task])[0])
        return watch.stop()


class PipelineBatch:
    """Calls the pipeline once for all tasks; diffusers gives every prompt of a call the same references."""

    name = "diffusers batch"

    def __init__(self, pipeline: Any, serving: Serving) -> None:
        self._call = pipeline_call(pipeline, serving)

    def draw(self, tasks: Sequence[Task]) -> Drawing | None:
        """All in one call."""
        if len({tuple(reference.id for reference in task.references) for task in tasks}) > 1:
            return None
        watch = Stopwatch()
        for task, image in zip(tasks, self._call(tasks), strict=True):
            watch.picture(task.id, image)
        return watch.stop()


class Engine:
    """The step engine; `forget` empties its cache before each run, or does nothing to keep it warm."""

    name = "engine"

    def __init__(self, engine: StepLoop[Any], forget: Callable[[], None]) -> None:
        self._engine = engine
        self._forget = forget

    def draw(self, tasks: Sequence[Task]) -> Drawing:
        """All at once, as they wait."""
        self._forget()
        watch = Stopwatch()
        for task in tasks:
            self._engine.admit(task)
        try:
            while len(watch.done_s) < len(tasks):
                for event in self._engine.tick():
                    self._hear(event, watch)
        finally:
            # Of a run that was cut off, nothing may stay for the next.
            for task in tasks:
                self._engine.drop(task.id)
        return watch.stop()

    def _hear(self, event: EngineEvent, watch: Stopwatch) -> None:
        match event:
            case Drawn():
                watch.picture(event.id, event.image)
            case Previewed() if watch.first_preview_s is None:
                watch.first_preview_s = time.perf_counter() - watch.wall
            case Broke():
                raise RuntimeError(f"task {event.id} broke: {event.code}")
            case _:
                pass


def pipeline_call(pipeline: Any, serving: Serving) -> Callable[[Sequence[Task]], list[Any]]:
    """The pipeline as a function of tasks that share size, steps and references."""

    def call(tasks: Sequence[Task]) -> list[Any]:
        first = tasks[0]
        return pipeline(
            prompt=[task.description for task in tasks],
            image=[reference.image for reference in first.references] or None,
            width=first.width_px,
            height=first.height_px,
            num_inference_steps=first.steps,
            generator=[torch.Generator().manual_seed(task.seed) for task in tasks],
            max_sequence_length=serving.max_sequence_length,
            text_encoder_out_layers=serving.text_encoder_out_layers,
        ).images

    return call
