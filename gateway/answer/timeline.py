"""When what happened in a response, and how well its parts overlapped; made from a folded document alone.

All times are Unix times in seconds. Drawing is timed by the workers' clocks, everything else by the gateway's.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.answer.document import Document, Picture
from visualizer_service.wire import Timings


@dataclass(frozen=True, slots=True)
class SlotTimes:
    """One picture: description closed, job queued, worker started, drawn, outcome delivered; None is what never happened.

    `judged_s` is how long its critic held it up, `redrawn` how often it was drawn again.
    """

    slot: int
    closed: float | None
    queued: float | None
    started: float | None
    done: float | None
    delivered: float | None
    judged_s: float = 0.0
    redrawn: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole response; `plan_waited_s` is how long the planner waited to see pictures. `ideal_s`, `measured_s` and `overlap_efficiency` are there once it is completed."""

    plan_started: float | None
    plan_ended: float | None
    ended: float | None
    slots: tuple[SlotTimes, ...]
    ideal_s: float | None = None
    measured_s: float | None = None
    overlap_efficiency: float | None = None
    plan_waited_s: float = 0.0


def timeline(document: Document) -> Timeline:
    """When what happened.

    Source:
        serving notes §6: overlap efficiency = lower bound ÷ measured; lower bound = the longer of the planner's time and the longest
        path of slots closing and being drawn, each after its references, with the workers that drew.
    """
    slots = tuple(_times(picture) for picture in document.pictures)
    began, planned, ended = document.plan_started_at, document.plan_ended_at, document.ended_at
    if document.state != "completed" or began is None or planned is None or ended is None:
        return Timeline(began, planned, ended, slots, plan_waited_s=document.plan_waited_s)
    ideal_s = max(planned, _drawn_at_best(document.pictures)) - began
    measured_s = ended - began
    efficiency = ideal_s / measured_s if measured_s > 0 else 1.0
    return Timeline(began, planned, ended, slots, ideal_s, measured_s, efficiency, document.plan_waited_s)


def _times(picture: Picture) -> SlotTimes:
    timings = picture.timings
    return SlotTimes(
        slot=picture.slot,
        closed=picture.closed_at,
        queued=picture.queued_at,
        started=timings.started_at if timings else picture.started_at,
        done=timings.done_at if timings else None,
        delivered=picture.delivered_at,
        judged_s=sum(draft.took_s for draft in picture.drafts),
        redrawn=max(0, len(picture.drafts) - 1),
    )


def _drawn_at_best(pictures: tuple[Picture, ...]) -> float:
    """When the last picture could have been done: no wait but for descriptions, references and a free worker."""
    done_at: dict[str, float] = {}
    drawn: dict[str, list[Timings]] = {}
    closed: list[float] = []
    for picture in pictures:
        if picture.timings is None or picture.worker is None or picture.closed_at is None:
            continue
        referenced = [done_at[used.id] for used in picture.references if used.id in done_at]
        service_s = picture.timings.done_at - picture.timings.started_at
        done_at[picture.id] = max([picture.closed_at, *referenced]) + service_s
        drawn.setdefault(picture.worker, []).append(picture.timings)
        closed.append(picture.closed_at)
    if not done_at:
        return 0.0
    shared_s = sum(_busy_s(timings) for timings in drawn.values()) / len(drawn)
    return max(*done_at.values(), min(closed) + shared_s)


def _busy_s(timings: list[Timings]) -> float:
    """How long a worker drew at all; what it drew at the same time counts once."""
    busy_s, until = 0.0, 0.0
    for drawn in sorted(timings, key=lambda drawn: drawn.started_at):
        busy_s += max(0.0, drawn.done_at - max(drawn.started_at, until))
        until = max(until, drawn.done_at)
    return busy_s
