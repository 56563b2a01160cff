"""A planner in virtual time: it tells one story of two pictures, and may be lost in the middle of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator

from planner_service.wire import PlanEvent, PlanRequest
from tests.fakes import PLAN_DONE, ScriptedPlanner, says, slot

STORY = (
    says("One "),
    says("fox."),
    slot(0),
    says(" Two"),
    says(" seas."),
    slot(1, "img1"),
    says("End."),
    PLAN_DONE,
)
TEXTS = ["One fox.", "Two seas.", "End."]


class Planner(ScriptedPlanner):
    """Says a word now and then, and may be lost in the middle."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(*STORY)
        self._chance = chance
        self.is_lost = False

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        async with contextlib.aclosing(super().plan(request)) as events:
            async for event in events:
                await asyncio.sleep(self._chance.uniform(0, 0.6))
                if self.is_lost:
                    self.is_lost = False
                    raise ConnectionError("the planner is gone")
                yield event
