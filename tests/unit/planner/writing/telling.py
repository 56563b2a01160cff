"""What a scripted planner writes, and what is told of it."""

from __future__ import annotations

from planner_service.backend import Chunk
from planner_service.wire import (
    PlanDone,
    PlanEvent,
    PlanUsage,
    Slot,
    TextDelta,
)
from tests.unit.planner.scripted import FOX

HINDI = "एक लोमड़ी पहाड़ी पर रहती थी और {} सुबह सूरज को देखती थी। "
USAGE = PlanUsage(input_tokens=5, output_tokens=3)
END = Chunk("", "stop", USAGE)
CUT = Chunk("", "length", USAGE)


def tag(number: int, description: str = FOX) -> str:
    return f'<imagine id="img{number}">{description}</imagine>'


def told(events: list[PlanEvent]) -> str:
    """The answer as one reads it: text, and `[n]` for its slots."""
    shown = (
        event.text if isinstance(event, TextDelta) else f"[{event.index}]"
        for event in events
        if isinstance(event, TextDelta | Slot)
    )
    return "".join(shown)


def finish_of(events: list[PlanEvent]) -> str:
    assert isinstance(events[-1], PlanDone), events[-1]
    return events[-1].finish_reason
