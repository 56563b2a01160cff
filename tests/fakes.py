"""Fakes of what surrounds the gateway's heart: a planner that follows a script and a pool that says what it is told.

They keep to the contracts of the real ones, so no test needs to patch anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import replace
from typing import Any

from gateway.answer.request import DrawOptions, KnownPicture, Request
from gateway.running.backends import Backend, Backends
from planner_service import wire as plan
from planner_service.wire import PlanEvent, PlannerModel, PlanRequest
from visualizer_service.errors import QueueFull
from visualizer_service.wire import (
    Cancelled,
    Done,
    Failed,
    Job,
    JobEvent,
    Limits,
    Reply,
    Started,
    Timings,
    WorkerInfo,
)

LIMITS = Limits(default_size=(64, 64), most_references=4, default_steps=4, most_steps=8)
WORKER = WorkerInfo(
    id="w1",
    pool="default",
    model="storybook",
    device="cpu",
    simulated=False,
    slots=4,
    active=0,
    draining=False,
    takes_turns=True,
    limits=LIMITS,
)
USAGE = plan.PlanUsage(input_tokens=7, output_tokens=11)
PLAN_DONE = plan.PlanDone(finish_reason="stop", usage=USAGE)

Step = PlanEvent | Exception | asyncio.Event
"""Of a planner's script: an event to yield, an exception to raise, or something to wait for."""


def blob(name: str) -> str:
    """The id of a made-up image."""
    return hashlib.sha256(name.encode()).hexdigest()


def ask(
    id: str = "resp_1", *, known: Sequence[str] = (), text: str = "A story, please.", **changes: Any
) -> Request:
    """A request; `known` are ids of images that exist already, those of the user attached to its message."""
    attached = tuple(plan.ImagePart(id=name) for name in known if name.startswith("in"))
    draw_names = set(DrawOptions.__dataclass_fields__)
    draw = {name: changes.pop(name) for name in list(changes) if name in draw_names}
    request = Request(
        id=id,
        created_at=1.0,
        model="storybook",
        messages=(plan.Message(role="user", content=(plan.TextPart(text=text), *attached)),),
        draw=replace(DrawOptions(width_px=64, height_px=48, seed=100, job_timeout_s=120.0), **draw),
        most_images=8,
        max_output_tokens=1024,
        tenant="default",
        sizes=("64x48", "128x64"),
        pictures=tuple(KnownPicture(name, blob(name)) for name in known),
        drawn_before=sum(name.startswith("img") for name in known),
    )
    return replace(request, **changes)


def only(planner: Any, pool: Any) -> Backends:
    """The one model of requests made by `ask`."""
    return Backends({"storybook": Backend(planner, pool, "default")})


def says(text: str) -> plan.TextDelta:
    return plan.TextDelta(text=text)


def slot(
    index: int, *references: str, description: str | None = None, size: str | None = None
) -> list[PlanEvent]:
    """A slot, opened and described."""
    described = plan.Slot(
        index=index,
        description=f"picture {index}" if description is None else description,
        references=references,
        size=size,
    )
    return [plan.SlotOpen(index=index), described]


class ScriptedPlanner:
    """Plans what its script says, from where a plan was left; `closed` counts the plans that were let go, finished or not."""

    def __init__(self, *script: Step | Sequence[Step], sees_images: bool = False) -> None:
        self.script: list[Step] = []
        for step in script:
            self.script += step if isinstance(step, list | tuple) else [step]
        self.sees_images = sees_images
        self.about: plan.About | None = None
        self.asked: list[PlanRequest] = []
        self.was_asked = asyncio.Event()
        self.closed = 0

    async def model(self) -> PlannerModel:
        return PlannerModel(
            name="scripted", sees_images=self.sees_images, max_prompt_tokens=1000, about=self.about
        )

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        self.asked.append(request)
        self.was_asked.set()
        try:
            for step in rest_of(self.script, request.written):
                match step:
                    case Exception():
                        raise step
                    case asyncio.Event():
                        await step.wait()
                    case _:
                        yield step
        finally:
            self.closed += 1


def rest_of(script: Sequence[Step], written: Sequence[plan.TextPart | plan.PicturePart]) -> list[Step]:
    """The steps of a script after what is written already; what waits or breaks in between has done so.

    White space does not count: around a run of text it is left out.
    """
    letters = sum(len("".join(part.text.split())) for part in written if isinstance(part, plan.TextPart))
    slots = sum(isinstance(part, plan.PicturePart) for part in written)
    rest: list[Step] = []
    for step in script:
        match step:
            case plan.TextDelta(text=text) if letters:
                while text and letters:
                    letters -= not text[0].isspace()
                    text = text[1:]
                rest = [says(text)] if text else []
            case plan.Slot() if slots:
                slots -= 1
                rest = []
            case _:
                rest.append(step)
    return rest


class FakePool:
    """Takes jobs and, unless `draws` is off, draws each at once; a test may also say what is heard of a job.

    `refuses` are slots whose submission finds the queue away, `full_for` those for which it finds it full.
    """

    def __init__(self, *, draws: bool = True, refuses: Sequence[int] = (), gateway_id: str = "gw_1") -> None:
        self.gateway_id = gateway_id
        self.loops: list[asyncio.Task[None]] = []
        self.draws = draws
        self.refuses = refuses
        self.full_for: Sequence[int] = ()
        self.jobs: list[Job] = []
        self.cancelled: list[str] = []
        self.inboxes: dict[str, asyncio.Queue[Reply]] = {}
        self.submitted = asyncio.Event()

    async def limits(self) -> Limits:
        return LIMITS

    async def submit(self, job: Job) -> None:
        await asyncio.sleep(0)
        if job.slot in self.refuses:
            raise ConnectionError("the queue is away")
        if job.slot in self.full_for:
            raise QueueFull(1)
        self.jobs.append(job)
        self.submitted.set()
        if self.draws:
            await self.paint(job)

    async def paint(self, job: Job) -> None:
        """Draw a job."""
        self.say(job, Started(worker="w1", at=time.time()))
        self.say(job, done(job))

    async def cancel(self, response_id: str) -> None:
        await asyncio.sleep(0)
        self.cancelled.append(response_id)

    @contextlib.contextmanager
    def route(self, response_id: str, replies_to: str | None = None) -> Iterator[asyncio.Queue[Reply]]:
        inbox = self.inboxes[response_id] = asyncio.Queue()
        try:
            yield inbox
        finally:
            del self.inboxes[response_id]

    def say(self, job: Job, event: JobEvent, attempt: int = 1) -> None:
        """Let the response hear of a job; nobody listens once it has ended."""
        if job.response in self.inboxes:
            self.inboxes[job.response].put_nowait(
                Reply(job=job.id, response=job.response, slot=job.slot, attempt=attempt, event=event)
            )


class FakeBlobs:
    """Holds images by id."""

    def __init__(self, **images: bytes) -> None:
        self.images = {blob(name): data for name, data in images.items()}

    async def base64(self, blob_id: str) -> bytes | None:
        return self.images.get(blob_id)


def done(job: Job, *, worker: str = "w1", started_at: float = 10.0, done_at: float = 12.0) -> Done:
    """A drawn picture."""
    return Done(
        blob=blob(job.id),
        media_type="image/png",
        width_px=job.width_px,
        height_px=job.height_px,
        seed=job.seed,
        steps=4,
        model="fake",
        worker=worker,
        timings=Timings(
            queued_at=job.queued_at, claimed_at=started_at, started_at=started_at, done_at=done_at
        ),
    )


def failed(code: Any = "internal") -> Failed:
    return Failed(code=code)


def cancelled() -> Cancelled:
    return Cancelled()
