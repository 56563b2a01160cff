"""The step loop: every tick moves each active row one denoising step on, rows of equal shape in one call.

It knows tasks, rows and their order; what a step is, only the family knows. A task joins in the tick after `admit` and leaves in
the tick that ends it, whatever step the others are at. While others are drawn, one that the device still encodes waits, not they.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic

from PIL import Image

from visualizer_service import metrics
from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.caps import Caps
from visualizer_service.engine.decode_thread import DecodeThread, PendingPicture
from visualizer_service.engine.family import DeviceBroken, Family, NoMemory, R, Rejected
from visualizer_service.engine.outcomes import outcome_of_each
from visualizer_service.engine.previews import preview_steps
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Reference, Stepped, Task

ALONE: Final = ((0, 1),)
"""The tick that each picture of a warm-up joins in, and its steps."""
IN_COMPANY: Final = ((0, 3), (0, 1), (1, 1))
"""Two pictures at one timestep, then two at different ones, then one alone: compiled code differs between these."""
SMALL: Final = (512, 512)
"""A size at which pictures share calls, of models that draw any."""
DECODE_WAIT_S: Final = 0.05
"""With nothing to step, a tick waits this long for the picture being decoded."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Active(Generic[R]):
    """A row, the task it draws, and the tokens that it brings to a call."""

    task: Task
    row: R
    tokens: int

    @property
    def pixels(self) -> int:
        """The picture's size."""
        return self.task.width_px * self.task.height_px


class StepLoop(Generic[R]):
    """An `Engine` over one family; with `warms_up_company` it warms up with pictures that share calls, too."""

    simulated = False

    def __init__(
        self,
        family: Family[R],
        caps: Caps,
        slots: int,
        clock: Callable[[], float] = time.time,
        decode_thread: DecodeThread | None = None,
        warms_up_company: bool = False,
    ) -> None:
        self.name, self.device, self.limits = family.name, family.device, family.limits
        self._family = family
        self._caps = caps
        self._slots = slots
        self._clock = clock
        self._warms_up_company = warms_up_company
        self._waiting: dict[str, Task] = {}
        self._joining: dict[str, Active[R]] = {}
        self._active: dict[str, Active[R]] = {}
        self._decode_thread = DecodeThread() if decode_thread is None else decode_thread

    def warm_up(self) -> None:
        """Draw pictures of the default size without references and, where the model takes any, with one and with two.

        Code that is compiled for them serves other sizes and numbers too; pictures that share calls are drawn at a size that lets them.

        Raises:
            RuntimeError: none can be drawn.
        """
        greys = tuple(
            Reference(f"warm-up {shade}", Image.new("RGB", self.limits.default_size, shade))
            for shade in ("grey", "white")
        )
        guides = [greys[:count] for count in range(min(self.limits.most_references, 2) + 1)]
        drawn = [self._warm(self.limits.default_size, references, ALONE) for references in guides]
        if self._warms_up_company:
            small = min(self.limits.sizes, key=math.prod, default=SMALL)
            drawn += [self._warm(small, references, IN_COMPANY) for references in guides]
        if not any(drawn):
            raise RuntimeError(f"the model {self.name} could not draw its first picture")
        # On the host, too: nobody asks for these references again, and what is held is told to the queue.
        self._family.forget()

    def _warm(
        self, size: tuple[int, int], references: tuple[Reference, ...], pictures: Sequence[tuple[int, int]]
    ) -> bool:
        """Whether any picture of a warm-up came."""
        tick, drawn = 0, False
        starts = [*pictures]
        while starts or self._waiting or self._joining or self._active or len(self._decode_thread):
            while starts and starts[0][0] <= tick:
                _, steps = starts.pop(0)
                name = f"warm-up {len(starts)}"
                self.admit(Task(name, "warm-up", references, *size, 0, steps, 0, float("inf")))
            drawn |= any(isinstance(event, Drawn) for event in self._round())
            tick += 1
        return drawn

    def room(self) -> int:
        """How many more tasks may be admitted now; none while decoding lags a full house behind."""
        if len(self._decode_thread) > self._slots:
            return 0
        return self._slots - len(self._waiting) - len(self._joining) - len(self._active)

    def share(self, width_px: int, height_px: int, references: tuple[Reference, ...]) -> float:
        """One by how many such pictures may share a call."""
        return 1 / self._caps.rows(self._family.tokens(width_px, height_px, references))

    def admit(self, task: Task) -> None:
        """Take a task in; its first step runs in the next tick."""
        self._waiting[task.id] = task

    def drop(self, task_id: str) -> None:
        """Forget a task at once; no further event bears its id."""
        self._waiting.pop(task_id, None)
        if active := self._joining.pop(task_id, None) or self._active.pop(task_id, None):
            self._family.drop(active.row)
        self._decode_thread.forget(task_id)

    def holds(self) -> tuple[str, ...]:
        """Ids of the references whose work is cached, most recent first."""
        return self._family.holds()

    def caches(self) -> Mapping[str, CacheFigures]:
        """How the family's caches fare."""
        return self._family.caches()

    def close(self) -> None:
        """Free threads and device memory."""
        self._waiting.clear()
        self._joining.clear()
        self._active.clear()
        self._decode_thread.close()
        self._family.close()

    def tick(self) -> list[EngineEvent]:
        """Join, step, preview, decode: one round for every task, and what came of it.

        Raises:
            DeviceBroken: nothing on this device can go on.
        """
        if self._decode_thread.is_stuck():
            raise DeviceBroken("a picture has been decoded for too long")
        return self._round()

    def _round(self) -> list[EngineEvent]:
        events: list[EngineEvent] = [*self._overdue(), *self._join()]
        for group in self._groups():
            events += self._step(group)
        busy = bool(self._active or self._waiting)
        for pending in self._decode_thread.ready(0 if busy else DECODE_WAIT_S):
            events += _picture(pending)
        return events

    def _overdue(self) -> Iterator[Broke]:
        now = self._clock()
        held = [*self._joining.values(), *self._active.values()]
        tasks = [*self._waiting.values(), *(active.task for active in held)]
        for task in tasks:
            if task.deadline < now:
                self.drop(task.id)
                yield Broke(task.id, "deadline")

    def _join(self) -> Iterator[Broke]:
        """Prepare waiting tasks, the most urgent first, as many as memory holds, and take in those that are there."""
        # One batch at a time: the host would wait for the encoders before it could give them the next.
        waiting = [] if self._joining else [*self._waiting.values()]
        tasks = self._fitting(sorted(waiting, key=lambda task: task.deadline))
        for task, row in outcome_of_each(self._family.prepare, tasks, self._family.release):
            del self._waiting[task.id]
            if isinstance(row, Exception):
                yield _broke(task.id, row)
            else:
                self._joining[task.id] = Active(task, row, self._tokens(task))
        # With nothing else to step there is nobody to hold up.
        is_idle = not self._active
        there = [one for one in self._joining.values() if is_idle or self._family.is_there(one.row)]
        for one in there:
            self._active[one.task.id] = self._joining.pop(one.task.id)

    def _tokens(self, task: Task) -> int:
        return self._family.tokens(task.width_px, task.height_px, task.references)

    def _fitting(self, tasks: list[Task]) -> list[Task]:
        # To ask a GPU what is free takes longer than the rest of a tick.
        free = self._family.free_bytes() if tasks else None
        if free is None:
            return tasks
        fitting: list[Task] = []
        for task in tasks:
            free -= self._caps.row_bytes(self._tokens(task))
            # With nothing else on the device, waiting would never end: try, and let the device say no.
            if free < 0 and (fitting or self._active):
                break
            fitting.append(task)
        return fitting

    def _groups(self) -> Iterator[list[Active[R]]]:
        """Rows to step, by shape: the earliest deadline first, and no more of a shape than share a call.

        What is left out waits: pictures that took turns would all be as late as the last. Deadlines end every wait.
        """
        groups: dict[Hashable, list[Active[R]]] = {}
        for active in sorted(self._active.values(), key=lambda active: active.task.deadline):
            groups.setdefault(active.row.shape, []).append(active)
        for members in groups.values():
            yield members[: self._caps.rows(members[0].tokens)]

    def _step(self, group: list[Active[R]]) -> Iterator[EngineEvent]:
        for active, outcome in outcome_of_each(self._step_together, group, self._family.release):
            if isinstance(outcome, Exception):
                self.drop(active.task.id)
                yield _broke(active.task.id, outcome)
            else:
                yield Stepped(active.task.id, active.row.step)
                yield from self._show(active)

    def _step_together(self, members: Sequence[Active[R]]) -> Sequence[None]:
        metrics.BATCH.observe(len(members))
        try:
            with metrics.timed("step", members[0].pixels):
                self._family.step([active.row for active in members])
        except NoMemory:
            self._caps.lower(members[0].tokens, len(members))
            raise
        return [None] * len(members)

    def _show(self, active: Active[R]) -> Iterator[EngineEvent]:
        """Ask for the preview that is due after this step, or the final picture."""
        task, row = active.task, active.row
        due = preview_steps(task.steps, task.previews)
        if row.step in due:
            for _, preview in outcome_of_each(self._previews, [row], self._family.release):
                if not isinstance(preview, Exception | None):
                    self._decode_thread.submit(task.id, due.index(row.step), preview)
        if row.step == task.steps:
            del self._active[task.id]
            for _, decode in outcome_of_each(self._decodes, [row], self._family.release):
                if isinstance(decode, Exception):
                    yield _broke(task.id, decode)
                else:
                    self._decode_thread.submit(task.id, None, _timed(decode, active.pixels))

    def _previews(self, rows: Sequence[R]) -> list[Callable[[], Image.Image] | None]:
        return [self._family.preview(row) for row in rows]

    def _decodes(self, rows: Sequence[R]) -> list[Callable[[], Image.Image]]:
        return [self._family.decode(row) for row in rows]


def _timed(decode: Callable[[], Image.Image], pixels: int) -> Callable[[], Image.Image]:
    def timed() -> Image.Image:
        with metrics.timed("decode", pixels):
            return decode()

    return timed


def _picture(pending: PendingPicture) -> Iterator[EngineEvent]:
    failure = pending.picture.exception()
    if isinstance(failure, DeviceBroken):
        raise failure
    match pending.index, failure:
        case None, None:
            yield Drawn(pending.task_id, pending.picture.result())
        case None, _:
            yield _broke(pending.task_id, failure)
        case index, None:
            yield Previewed(pending.task_id, index, pending.picture.result())
        case _:
            log.warning("a preview failed", extra={"task": pending.task_id}, exc_info=failure)


def _broke(task_id: str, failure: BaseException) -> Broke:
    match failure:
        case Rejected():
            return Broke(task_id, "rejected")
        case NoMemory():
            return Broke(task_id, "no_memory")
        case _:
            log.error("a task failed", extra={"task": task_id}, exc_info=failure)
            return Broke(task_id, "internal")
