"""A backend that says what it is told to, and remembers how it was treated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from prometheus_client import CollectorRegistry

from planner_service.backend import Backend, Chunk, Stretch
from planner_service.language.bounds import Language
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.wire import (
    Message,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlannerModel,
    PlanRequest,
    PlanUsage,
    TextPart,
)

FOX = "a small red fox in a blue scarf on the beach at dusk"
USAGE = PlanUsage(input_tokens=7, cached_tokens=3, output_tokens=5)
HELLO = Message(role="user", content=(TextPart(text="hello"),))
STORY = (Chunk("A fox. <ima"), Chunk("gine>A red fox.</imagine> The"), Chunk(" end.", "stop", USAGE))


def plan_request(**fields: object) -> PlanRequest:
    return PlanRequest.model_validate({"id": "r1", "messages": (HELLO,), **fields})


async def events_of(backend: Backend, **fields: object) -> list[PlanEvent]:
    """All events of a plan."""
    plan = await Plans(backend, Metrics(CollectorRegistry()), 10).begin(plan_request(**fields))
    events: list[PlanEvent] = []
    while not events or not isinstance(events[-1], PlanDone | PlanFailed):
        events.extend(await plan.next_events())
    return events


class ScriptedBackend:
    """Yields its script; an exception in it is raised, `WAIT` waits until the plan is aborted.

    `later` are the scripts of the stretches after the first; a token is a word and the blanks before it.
    """

    WAIT = "wait"

    def __init__(
        self,
        *script: Chunk | Exception | str,
        later: tuple[tuple[Chunk | Exception | str, ...], ...] = (),
        refuses: Exception | None = None,
        room_tokens: int = 10_000,
        is_explained: bool = False,
    ):
        self.model = PlannerModel(name="scripted", sees_images=False, max_prompt_tokens=100)
        self.is_ready = True
        self.dead = asyncio.Event()
        self.waiting = asyncio.Event()
        self.aborted = asyncio.Event()
        self.requests: list[PlanRequest] = []
        self.stretches: list[Stretch] = []
        self.room_tokens = room_tokens
        self.is_explained = is_explained
        self._scripts = [script, *later]
        self._refuses = refuses

    async def ready(self) -> bool:
        return self.is_ready

    async def died(self) -> None:
        await self.dead.wait()

    async def close(self) -> None:
        self.is_ready = False

    async def open(self, request: PlanRequest, language: Language) -> ScriptedBackend:
        self.requests.append(request)
        if self._refuses:
            raise self._refuses
        return self

    def count(self, text: str) -> int:
        return len(text.split())

    async def write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        self.stretches.append(stretch)
        return self._chunks(self._scripts[stretch.number])

    async def _chunks(self, script: tuple[Chunk | Exception | str, ...]) -> AsyncGenerator[Chunk]:
        for step in script:
            match step:
                case Chunk():
                    yield step
                case Exception():
                    raise step
                case _:
                    await self._wait()

    async def _wait(self) -> None:
        self.waiting.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.aborted.set()
