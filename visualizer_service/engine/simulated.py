"""An engine that draws labelled placeholders at a set pace, for load tests and machines without a model.

It imports no torch. Everything that it draws says SIMULATED, and the same task gives the same picture and the same pace.
"""

from __future__ import annotations

import random
import textwrap
import time
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont
from pydantic import BaseModel, ConfigDict, Field

from visualizer_service import metrics
from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.previews import preview_steps
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Reference, Stepped, Task
from visualizer_service.wire import MOST_HOLDS, MOST_STEPS, Limits


class Simulation(BaseModel):
    """The device that is simulated. `jitter` is the largest deviation of a step's time, as a share of it.

    So many tasks as `slots` are taken in, and the oldest `together` of them share each step; unset, all do.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=4, ge=1, le=MOST_STEPS)
    step_ms: float = Field(default=50.0, ge=0)
    jitter: float = Field(default=0.0, ge=0, le=1)
    failure_rate: float = Field(default=0.0, ge=0, le=1)
    slots: int = Field(default=1, ge=1)
    together: int | None = Field(default=None, ge=1)
    sizes: tuple[tuple[int, int], ...] = ((512, 512), (768, 512), (512, 768))
    most_references: int = Field(default=4, ge=0)


@dataclass(slots=True)
class _Row:
    """A task under way. `fails_after` is the step after which it breaks, if it does."""

    task: Task
    chance: random.Random
    fails_after: int | None
    step: int = 0


class SimulatedEngine:
    """An `Engine` whose steps only wait, whoever shares them."""

    name = "simulated"
    device = "none"
    simulated = True

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._together = simulation.together or simulation.slots
        self._rows: dict[str, _Row] = {}
        self._seen: dict[str, None] = {}
        self.limits = Limits(
            sizes=simulation.sizes,
            default_size=simulation.sizes[0],
            most_references=simulation.most_references,
            default_steps=simulation.steps,
            most_steps=MOST_STEPS,
        )

    def warm_up(self) -> None:
        """Nothing is cold here."""

    def room(self) -> int:
        """How many more tasks may be admitted now."""
        return self._simulation.slots - len(self._rows)

    def share(self, width_px: int, height_px: int, references: tuple[Reference, ...]) -> float:
        """The same for every picture."""
        return 1 / self._together

    def admit(self, task: Task) -> None:
        """Take a task in; its seed decides whether and where it will break."""
        chance = random.Random(task.seed)
        fails = chance.random() < self._simulation.failure_rate
        self._rows[task.id] = _Row(task, chance, chance.randint(1, task.steps) if fails else None)
        for reference in task.references:
            metrics.looked_up("reference", reference.id in self._seen)
            self._seen.pop(reference.id, None)
            self._seen[reference.id] = None
        for oldest in list(self._seen)[:-MOST_HOLDS]:
            del self._seen[oldest]

    def drop(self, task_id: str) -> None:
        """Forget a task at once."""
        self._rows.pop(task_id, None)

    def tick(self) -> list[EngineEvent]:
        """Wait for one step of the simulated device and move those that share it on by one."""
        if not self._rows:
            return []
        rows = list(self._rows.values())[: self._together]
        metrics.BATCH.observe(len(rows))
        with metrics.timed("step", max(row.task.width_px * row.task.height_px for row in rows)):
            time.sleep(max(self._step_s(row.chance) for row in rows))
        events = [event for row in rows for event in self._advance(row)]
        for event in events:
            if isinstance(event, Drawn | Broke):
                del self._rows[event.id]
        return events

    def holds(self) -> tuple[str, ...]:
        """The references seen last, as a real engine would have cached them."""
        return tuple(reversed(self._seen))

    def caches(self) -> dict[str, CacheFigures]:
        """None."""
        return {}

    def close(self) -> None:
        """Forget every task."""
        self._rows.clear()

    def _step_s(self, chance: random.Random) -> float:
        deviation = self._simulation.jitter * chance.uniform(-1, 1)
        return self._simulation.step_ms / 1000 * (1 + deviation)

    def _advance(self, row: _Row) -> list[EngineEvent]:
        task = row.task
        if time.time() > task.deadline:
            return [Broke(task.id, "deadline")]
        row.step += 1
        if row.step == row.fails_after:
            return [Broke(task.id, "internal")]
        events: list[EngineEvent] = [Stepped(task.id, row.step)]
        due = preview_steps(task.steps, task.previews)
        if row.step in due:
            events.append(Previewed(task.id, due.index(row.step), placeholder(task, row.step / task.steps)))
        if row.step == task.steps:
            with metrics.timed("decode", task.width_px * task.height_px):
                events.append(Drawn(task.id, placeholder(task, 1.0)))
        return events


def placeholder(task: Task, progress: float) -> Image.Image:
    """An RGB card in the seed's colour with the word SIMULATED, the description and the references; a bar shows `progress`."""
    width, height = task.width_px, task.height_px
    chance = random.Random(task.seed)
    card = Image.new("RGB", (width, height), tuple(chance.randint(150, 230) for _ in range(3)))
    pen = ImageDraw.Draw(card)
    text_px = max(8, min(width, height) // 24)
    font = ImageFont.load_default(size=text_px)
    pen.text((text_px, text_px), f"SIMULATED  seed {task.seed}", fill="black", font=font)
    lines = textwrap.wrap(task.description, width=max(8, int(width / text_px / 0.55) - 4))
    pen.multiline_text((text_px, 3 * text_px), "\n".join(lines), fill="black", font=font)
    thumbnail_px = max(8, min(width, height) // 5)
    for index, reference in enumerate(task.references):
        thumbnail = reference.image.convert("RGB").resize((thumbnail_px, thumbnail_px))
        card.paste(thumbnail, (text_px + index * (thumbnail_px + 4), height - thumbnail_px - text_px))
    pen.rectangle((0, height - max(2, text_px // 3), int(width * progress), height), fill="black")
    return card
