"""When each thing of one answer happened, and how well planning and drawing overlapped.

It knows nothing of where the times come from; all are Unix times in seconds on one clock.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class SlotTimes(BaseModel):
    """One picture's way: described, given to the queue, begun and finished by a worker, and received by the client."""

    model_config = ConfigDict(frozen=True)

    id: str
    references: tuple[str, ...]
    closed_at: float
    queued_at: float
    started_at: float
    done_at: float
    delivered_at: float


class Timeline(BaseModel):
    """One answer's times, with the overlap efficiency that they amount to."""

    model_config = ConfigDict(frozen=True)

    asked_at: float
    plan_started_at: float
    plan_ended_at: float
    completed_at: float
    workers: int
    slots: tuple[SlotTimes, ...]
    ideal_s: float
    measured_s: float
    overlap_efficiency: float


def timeline(
    asked_at: float, plan: tuple[float, float], completed_at: float, workers: int, slots: Sequence[SlotTimes]
) -> Timeline:
    """Put the times together; `plan` is the planner's start and end."""
    ideal_s = ideal(plan, workers, slots)
    measured_s = completed_at - asked_at
    return Timeline(
        asked_at=asked_at,
        plan_started_at=plan[0],
        plan_ended_at=plan[1],
        completed_at=completed_at,
        workers=workers,
        slots=tuple(slots),
        ideal_s=ideal_s,
        measured_s=measured_s,
        overlap_efficiency=min(1.0, ideal_s / measured_s),
    )


def ideal(plan: tuple[float, float], workers: int, slots: Sequence[SlotTimes]) -> float:
    """The seconds that this plan and these drawing times need when nothing else costs anything.

    Every slot begins as soon as it is closed, its references of this answer are drawn and one of `workers` is free.
    """
    free = [plan[0]] * workers
    finished: dict[str, float] = {}
    for slot in sorted(slots, key=lambda slot: slot.closed_at):
        wanted = (finished.get(reference, 0.0) for reference in slot.references)
        begin = max(slot.closed_at, heapq.heappop(free), *wanted, 0.0)
        finished[slot.id] = begin + slot.done_at - slot.started_at
        heapq.heappush(free, finished[slot.id])
    return max((plan[1], *finished.values())) - plan[0]
