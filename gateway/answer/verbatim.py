"""A planner that adds nothing: what the user wrote is the description of every picture. For requests that are not `planned`."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from planner_service.wire import (
    PlanDone,
    PlanEvent,
    PlannerModel,
    PlanRequest,
    PlanUsage,
    Slot,
    SlotOpen,
    TextPart,
)


class VerbatimPlanner:
    """Plans as many pictures as are asked for, all alike, without text."""

    async def model(self) -> PlannerModel:
        """Nobody reads the prompt, so images are not shown, and any length will do."""
        return PlannerModel(name="dictated", sees_images=False, max_prompt_tokens=0)

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        """The plan, at once; it costs no tokens."""
        said = [part.text for part in request.messages[-1].content if isinstance(part, TextPart)]
        for index in range(len(request.written), request.least_images):
            yield SlotOpen(index=index)
            yield Slot(index=index, description=" ".join(said))
        yield PlanDone(finish_reason="stop", usage=PlanUsage(input_tokens=0, output_tokens=0))
