"""The seam between the worker and whatever draws: a task in, events out, one denoising step at a time.

It knows nothing of queues, Redis or HTTP. An engine is used from one thread only; none of its methods waits for anything but the device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image

from visualizer_service.engine.cache import CacheFigures
from visualizer_service.wire import FailureCode, Limits


@dataclass(frozen=True, slots=True)
class Reference:
    """An image that guides a task. `id` is the SHA-256 of its bytes, the key of everything cached for it."""

    id: str
    image: Image


@dataclass(frozen=True, slots=True)
class Task:
    """One picture to draw. `deadline` is Unix time in seconds; `previews` is how many looks on the way, 0 to 3; `adapter` names a LoRA."""

    id: str
    description: str
    references: tuple[Reference, ...]
    width_px: int
    height_px: int
    seed: int
    steps: int
    previews: int
    deadline: float
    adapter: str | None = None


@dataclass(frozen=True, slots=True)
class Stepped:
    """`step` of the task's steps are done."""

    id: str
    step: int


@dataclass(frozen=True, slots=True)
class Previewed:
    """A rough look at the picture so far, RGB; `index` counts from 0."""

    id: str
    index: int
    image: Image


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture, RGB. It is the task's last event."""

    id: str
    image: Image


@dataclass(frozen=True, slots=True)
class Broke:
    """The task can't be drawn. It is the task's last event."""

    id: str
    code: FailureCode


EngineEvent = Stepped | Previewed | Drawn | Broke


class Engine(Protocol):
    """Draws tasks, several at once where the device gains by it."""

    name: str
    device: str
    simulated: bool
    limits: Limits

    def warm_up(self) -> None:
        """Draw once, so that the first task is as fast as any other."""
        ...

    def room(self) -> int:
        """How many more tasks may be admitted now."""
        ...

    def share(self, width_px: int, height_px: int, references: tuple[Reference, ...]) -> float:
        """The part of the engine, in (0, 1], that such a picture takes: 1 / n where n of them gain by sharing steps. From any thread."""
        ...

    def admit(self, task: Task) -> None:
        """Take a task in; its first step runs in the next tick."""
        ...

    def drop(self, task_id: str) -> None:
        """Forget a task at once; no further event bears its id."""
        ...

    def tick(self) -> list[EngineEvent]:
        """Run one denoising step of active tasks and report what happened; return at once, with no events, when idle."""
        ...

    def holds(self) -> tuple[str, ...]:
        """Ids of the references whose work is cached, most recent first."""
        ...

    def caches(self) -> Mapping[str, CacheFigures]:
        """How its caches fare, by their names. From any thread."""
        ...

    def close(self) -> None:
        """Free threads and device memory."""
        ...
