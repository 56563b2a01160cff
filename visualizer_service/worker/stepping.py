"""The loop over denoising steps: at each tick tasks join and leave, and the engine's events are published or end a job.

It knows nothing of Redis but that pictures are stored as blobs; nothing it awaits but the engine holds up the next step.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing
from functools import partial
from typing import get_args

from PIL.Image import Image

from visualizer_service import metrics
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.engine.seam import Broke, Drawn, EngineEvent, Previewed, Stepped, Task
from visualizer_service.errors import BlobsUnavailable
from visualizer_service.queue.connection import STORE_ERRORS
from visualizer_service.wire import Done, Failed, FailureCode, Job, Preview, Progress, Started, Timings
from visualizer_service.worker.drawing import EngineThread, Tick
from visualizer_service.worker.ending import Endings
from visualizer_service.worker.held import UNFINISHED, HeldJob, HeldJobs, Stage
from visualizer_service.worker.look import looked_at
from visualizer_service.worker.pace import Pace
from visualizer_service.worker.pictures import Encoded, encode
from visualizer_service.worker.preparing import PICTURES_UNAVAILABLE

_LULL_S = 0.002

log = logging.getLogger(__name__)


class Steps:
    """Draws whatever is ready in `held_jobs`, as `worker`."""

    def __init__(
        self, held_jobs: HeldJobs, engine_thread: EngineThread, blobs: Blobs, endings: Endings, worker: str
    ) -> None:
        self._held_jobs = held_jobs
        self._engine_thread = engine_thread
        self._blobs = blobs
        self._endings = endings
        self._worker = worker
        self._previews: set[asyncio.Task[None]] = set()
        self.holds: tuple[str, ...] = ()
        self.pace = Pace()

    async def run(self) -> None:
        """Have the engine tick for ever, and hear of each tick.

        Raises:
            DeviceLost: the engine died.
        """
        while True:
            if (
                self._held_jobs.room > 0
                and not self._held_jobs.drops
                and not self._held_jobs.all(Stage.READY, Stage.DRAWING)
            ):
                self._held_jobs.to_draw.clear()
                await self._held_jobs.to_draw.wait()
            drops, tasks = self._orders()
            is_wanted, is_lull = self._held_jobs.to_draw.is_set, False
            async with aclosing(self._engine_thread.ticks(drops, tasks, is_wanted)) as ticks:
                async for tick in ticks:
                    self._hear(tick)
                    is_lull = not tick.events
            if is_lull:
                await asyncio.sleep(_LULL_S)

    def _orders(self) -> tuple[list[str], list[Task]]:
        """What the engine is to forget, and what it is to take in."""
        self._held_jobs.to_draw.clear()
        self._end_overdue()
        tasks = [self._begin(held, held.task) for held in self._held_jobs.beginners() if held.task]
        drops, self._held_jobs.drops = self._held_jobs.drops, []
        self._held_jobs.room -= len(tasks)
        return drops, tasks

    def _hear(self, tick: Tick) -> None:
        """What the engine did, which is at its next step already."""
        if tick.room > self._held_jobs.room:
            self._held_jobs.to_claim.set()
        self._held_jobs.room, self.holds = tick.room, tick.holds
        self.pace.note(tick.took_s, sum(isinstance(event, Drawn) for event in tick.events))
        self._charge(tick.took_s)
        if tick.events:
            metrics.STEP.observe(tick.took_s)
        for event in tick.events:
            self._note(event)
        metrics.ACTIVE.set(len(self._held_jobs.all(Stage.DRAWING)))
        self._end_overdue()
        if self._held_jobs.beginners():
            self._held_jobs.to_draw.set()

    def _charge(self, took_s: float) -> None:
        """Pictures that are drawn side by side share the time."""
        drawing = self._held_jobs.all(Stage.DRAWING)
        for held in drawing:
            held.gpu_s += took_s / len(drawing)

    def _end_overdue(self) -> None:
        now = time.time()
        for held in self._held_jobs.all(*UNFINISHED):
            if held.claim.job.deadline <= now:
                self._endings.cut(held, Failed(code="deadline"))

    def _begin(self, held: HeldJob, task: Task) -> Task:
        held.stage = Stage.DRAWING
        held.trace.enter("draw")
        held.started_at = time.time()
        held.steps_left = task.steps
        held.add(Started(worker=self._worker, at=held.started_at))
        self._held_jobs.to_report.set()
        return task

    def _note(self, event: EngineEvent) -> None:
        held = self._held_jobs.find(event.id)
        if held is None or held.task is None or held.stage is not Stage.DRAWING:
            return
        match event:
            case Stepped(step=step):
                self._advance(held, held.task.steps, step)
            case Previewed(index=index, image=image):
                preview = asyncio.create_task(self._preview(held, index, image))
                self._previews.add(preview)
                preview.add_done_callback(self._previews.discard)
            case Drawn(image=image):
                held.stage = Stage.ENDING
                held.trace.enter("upload")
                self._endings.start(held, partial(self._deliver, held, held.task, image))
            case Broke():
                held.stage = Stage.ENDING
                self._endings.start(held, partial(self._fail, held, event))

    def _advance(self, held: HeldJob, steps: int, step: int) -> None:
        held.add(Progress(step=step, of=steps, gpu_s=round(held.gpu_s, 4)))
        held.steps_left = steps - step
        if held.steps_left == 0:
            held.trace.enter("decode")
        if held.steps_left == 1:
            self._held_jobs.to_claim.set()

    async def _preview(self, held: HeldJob, index: int, image: Image) -> None:
        """Show what there is so far; not worth a job's failure."""
        try:
            encoded = await _encoded(held.claim.job, image)
            blob = await self._blobs.put_preview(encoded.data, encoded.media_type, held.claim.job.response)
        except STORE_ERRORS:
            log.warning("can't store a preview", exc_info=True)
            return
        held.add(Preview(index=index, blob=blob, bytes=len(encoded.data)))
        self._held_jobs.to_report.set()

    async def _deliver(self, held: HeldJob, task: Task, image: Image) -> None:
        job = held.claim.job
        try:
            with metrics.timed("upload", image.width * image.height):
                looking = asyncio.to_thread(looked_at, image)
                encoded, seen = await asyncio.gather(_encoded(job, image), looking)
                blob = await self._blobs.put(encoded.data, encoded.media_type, job.response, job.keep_s)
        except BlobsUnavailable:
            log.warning("can't store a picture", exc_info=True)
            await self._endings.end(held, PICTURES_UNAVAILABLE)
            return
        timings = Timings(
            queued_at=job.queued_at,
            claimed_at=held.claimed_at,
            started_at=held.started_at,
            done_at=time.time(),
        )
        metrics.DRAW.observe(timings.done_at - timings.started_at)
        done = Done(
            blob=blob,
            media_type=encoded.media_type,
            width_px=image.width,
            height_px=image.height,
            seed=job.seed,
            steps=task.steps,
            model=self._engine_thread.engine.name,
            worker=self._worker,
            simulated=self._engine_thread.engine.simulated,
            look=seen.look,
            panels=seen.has_panels,
            timings=timings,
            bytes=len(encoded.data),
        )
        await self._endings.end(held, done)

    async def _fail(self, held: HeldJob, broke: Broke) -> None:
        # A family from outside may call its failure anything.
        code = broke.code if broke.code in get_args(FailureCode) else "internal"
        await self._endings.end(held, Failed(code=code))


async def _encoded(job: Job, image: Image) -> Encoded:
    return await asyncio.to_thread(encode, image, job.output_format, job.output_compression)
