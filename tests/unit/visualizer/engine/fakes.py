"""A family without a model: its pictures are one colour, its memory is a number."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import Image

from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.family import DeviceBroken, NoMemory, Rejected
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.wire import Limits

LIMITS = Limits(default_size=(64, 64), most_references=0, default_steps=1, most_steps=9)


@dataclass
class FakeRow:
    task: Task
    step: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        return self.task.width_px, self.task.height_px


@dataclass
class FakeFamily:
    """Descriptions say what goes wrong: `reject`, `poison prepare`, `poison step`, `poison decode`, `poison preview`, `huge`, `break device`.

    `fits` is how many rows a step's memory holds; a `huge` row never fits. `calls` lists the task ids
    of each step call; pictures are made while `decoder` is set, and `begun` is set once one has been begun. What is said of tasks in `encoding` is still on its way.
    """

    fits: int = 100
    free: int | None = None
    calls: list[list[str]] = field(default_factory=list)
    released: int = 0
    dropped: list[str] = field(default_factory=list)
    encoding: set[str] = field(default_factory=set)
    decoder: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    name: str = "fake"
    device: str = "none"
    limits: Limits = LIMITS
    shares_calls: bool = True

    def __post_init__(self) -> None:
        self.decoder.set()

    def tokens(self, width_px: int, height_px: int, references: Sequence[Reference]) -> int:
        return (1 + len(references)) * width_px * height_px // 64

    def prepare(self, tasks: Sequence[Task]) -> list[FakeRow]:
        for task in tasks:
            if task.description == "reject":
                raise Rejected("asked for")
            if task.description == "poison prepare":
                raise ValueError("asked for")
        return [FakeRow(task) for task in tasks]

    def is_there(self, row: FakeRow) -> bool:
        return row.task.id not in self.encoding

    def step(self, rows: Sequence[FakeRow]) -> None:
        self.calls.append([row.task.id for row in rows])
        wishes = {row.task.description for row in rows}
        if "break device" in wishes:
            raise DeviceBroken
        if len(rows) > self.fits or "huge" in wishes:
            raise NoMemory
        if "poison step" in wishes:
            raise ValueError("asked for")
        for row in rows:
            row.step += 1

    def preview(self, row: FakeRow) -> Callable[[], Image.Image]:
        return lambda: self._picture(row.task, "poison preview")

    def decode(self, row: FakeRow) -> Callable[[], Image.Image]:
        return lambda: self._picture(row.task, "poison decode")

    def drop(self, row: FakeRow) -> None:
        self.dropped.append(row.task.id)

    def holds(self) -> tuple[str, ...]:
        return ()

    def caches(self) -> dict[str, CacheFigures]:
        return {}

    def free_bytes(self) -> int | None:
        return self.free

    def release(self) -> None:
        self.released += 1

    def forget(self) -> None:
        self.release()

    def close(self) -> None:
        self.release()

    def _picture(self, task: Task, poison: str) -> Image.Image:
        self.begun.set()
        if not self.decoder.wait(timeout=30):
            raise TimeoutError("the test never let the decoder go on")
        if task.description == poison:
            raise ValueError("asked for")
        return Image.new("RGB", (task.width_px, task.height_px))
