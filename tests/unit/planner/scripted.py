"""A backend that says what it is told to, and remembers how it was treated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from planner_service.backend import Chunk
from planner_service.language import Language
from planner_service.wire import Message, PlannerModel, PlanRequest, PlanUsage, TextPart

USAGE = PlanUsage(input_tokens=7, cached_tokens=3, output_tokens=5)
HELLO = Message(role="user", content=(TextPart(text="hello"),))
STORY = (Chunk("A fox. <ima"), Chunk("gine>A red fox.</imagine> The"), Chunk(" end.", "stop", USAGE))


def plan_request(**fields: object) -> PlanRequest:
    return PlanRequest.model_validate({"id": "r1", "messages": (HELLO,), **fields})


class ScriptedBackend:
    """Yields its script; an exception in it is raised, `WAIT` waits until the plan is aborted."""

    WAIT = "wait"

    def __init__(self, *script: Chunk | Exception | str, refuses: Exception | None = None):
        self.model = PlannerModel(name="scripted", sees_images=False, max_prompt_tokens=100)
        self.is_ready = True
        self.dead = asyncio.Event()
        self.waiting = asyncio.Event()
        self.aborted = asyncio.Event()
        self.requests: list[PlanRequest] = []
        self._script = script
        self._refuses = refuses

    async def ready(self) -> bool:
        return self.is_ready

    async def died(self) -> None:
        await self.dead.wait()

    async def close(self) -> None:
        self.is_ready = False

    async def begin(self, request: PlanRequest, language: Language) -> AsyncGenerator[Chunk]:
        self.requests.append(request)
        if self._refuses:
            raise self._refuses
        return self._chunks()

    async def _chunks(self) -> AsyncGenerator[Chunk]:
        for step in self._script:
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
