"""An engine whose every step a test allows."""

from __future__ import annotations

import threading

from PIL import Image

from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.previews import preview_steps
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Reference, Stepped, Task
from visualizer_service.wire import Limits

FREELY = 10**9


class GatedEngine:
    """Draws grey pictures. A step waits until `allow` has been called for it.

    `slots` tasks are taken in, of which `together` gain by sharing steps. A description says what goes wrong: `refuse` raises out of admission, `break CODE` breaks in the first step, `die` raises out of it.
    """

    name = "gated"
    device = "none"
    simulated = True
    limits = Limits(
        sizes=((64, 64), (64, 32)),
        default_size=(64, 64),
        most_references=2,
        default_steps=4,
        most_steps=FREELY,
    )

    def __init__(self, slots: int = 2, together: int | None = None) -> None:
        self.slots = slots
        self.together = together or slots
        self.active: dict[str, Task] = {}
        self.admitted: list[Task] = []
        self.is_closed = False
        self._steps: dict[str, int] = {}
        self._gate = threading.Condition()
        self._allowed = 0

    def allow(self, steps: int) -> None:
        with self._gate:
            self._allowed += steps
            self._gate.notify_all()

    def warm_up(self) -> None:
        pass

    def room(self) -> int:
        return self.slots - len(self.active)

    def share(self, width_px: int, height_px: int, references: tuple[Reference, ...]) -> float:
        return 1 / self.together

    def admit(self, task: Task) -> None:
        if task.description == "refuse":
            raise ValueError("refused")
        self.active[task.id] = task
        self._steps[task.id] = 0
        self.admitted.append(task)

    def drop(self, task_id: str) -> None:
        self.active.pop(task_id, None)

    def tick(self) -> list[EngineEvent]:
        if not self.active:
            return []
        with self._gate:
            if not self._gate.wait_for(lambda: self._allowed > 0, timeout=60):
                raise TimeoutError("no test allowed this step")
            self._allowed -= 1
        return [event for task in list(self.active.values()) for event in self._step(task)]

    def holds(self) -> tuple[str, ...]:
        return tuple(reference.id for task in self.admitted for reference in task.references)

    def caches(self) -> dict[str, CacheFigures]:
        return {}

    def close(self) -> None:
        self.is_closed = True

    def _step(self, task: Task) -> list[EngineEvent]:
        if task.description == "die":
            raise RuntimeError("the device is gone")
        if task.description.startswith("break "):
            del self.active[task.id]
            return [Broke(task.id, task.description.removeprefix("break "))]
        step = self._steps[task.id] = self._steps[task.id] + 1
        picture = Image.new("RGB", (task.width_px, task.height_px), "grey")
        events: list[EngineEvent] = [Stepped(task.id, step)]
        due = preview_steps(task.steps, task.previews)
        if step in due:
            events.append(Previewed(task.id, due.index(step), picture))
        if step == task.steps:
            del self.active[task.id]
            events.append(Drawn(task.id, picture))
        return events
