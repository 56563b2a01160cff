"""When what happened in an answer, as the gateway reports it. All times are Unix times in seconds, None for what never happened."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SlotTimes:
    """One picture: description closed, job queued, worker started, drawn, outcome delivered."""

    slot: int
    closed: float | None
    queued: float | None
    started: float | None
    done: float | None
    delivered: float | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole answer; `ideal_s`, `measured_s` and `overlap_efficiency` are there once it is completed."""

    plan_started: float | None
    plan_ended: float | None
    ended: float | None
    slots: tuple[SlotTimes, ...]
    ideal_s: float | None = None
    measured_s: float | None = None
    overlap_efficiency: float | None = None
