"""A response's timeline as geometry: bars and ticks in pixels, and the same figures as a table. It knows nothing of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weaver.client.timeline import SlotTimes, Timeline

WIDTH_PX, LEFT_PX, RIGHT_PX, ROW_PX, FOOT_PX = 700, 64, 16, 28, 24
TICKS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time; `kind` is plan, wait or draw."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plot; `mark` is where its picture was delivered."""

    name: str
    y: float
    bars: tuple[Bar, ...]
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A round number of seconds."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Everything that a page needs in order to draw a timeline."""

    width: float
    height: float
    total_s: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    table: tuple[tuple[str, ...], ...]


def plot(times: Timeline, names: Sequence[str]) -> Plot:
    """Lay out an answer that has ended, from left to right, the planner on top; `names` are the pictures'."""
    assert times.plan_started is not None
    assert times.ended is not None
    scale = _Scale(times.plan_started, times.ended)
    planner = Row("planner", 0, _bars(scale, ("plan", times.plan_started, times.plan_ended)))
    pictures = [
        Row(
            name,
            number * ROW_PX,
            _bars(scale, ("wait", slot.closed, slot.started), ("draw", slot.started, slot.done)),
            None if slot.delivered is None else scale.x(slot.delivered),
        )
        for number, (name, slot) in enumerate(zip(names, times.slots, strict=True), start=1)
    ]
    rows = (planner, *pictures)
    table = tuple((name, *_figures(slot, scale.start)) for name, slot in zip(names, times.slots, strict=True))
    return Plot(WIDTH_PX, len(rows) * ROW_PX + FOOT_PX, scale.total_s, rows, _ticks(scale), table)


@dataclass(frozen=True, slots=True)
class _Scale:
    start: float
    end: float

    @property
    def total_s(self) -> float:
        return max(self.end - self.start, 1e-3)

    def x(self, at: float) -> float:
        return round(LEFT_PX + (at - self.start) / self.total_s * (WIDTH_PX - LEFT_PX - RIGHT_PX), 1)


def _bars(scale: _Scale, *stretches: tuple[str, float | None, float | None]) -> tuple[Bar, ...]:
    """A bar for each stretch that began and ended; none is too thin to be seen."""
    return tuple(
        Bar(kind, scale.x(start), max(1.0, round(scale.x(end) - scale.x(start), 1)))
        for kind, start, end in stretches
        if start is not None and end is not None
    )


def _ticks(scale: _Scale) -> tuple[Tick, ...]:
    step_s = next((step for step in TICKS_S if scale.total_s / step <= MOST_TICKS), 3600)
    count = int(scale.total_s / step_s) + 1
    return tuple(
        Tick(scale.x(scale.start + index * step_s), f"{index * step_s:g} s") for index in range(count)
    )


def _figures(slot: SlotTimes, zero: float) -> tuple[str, ...]:
    moments = (slot.closed, slot.queued, slot.started, slot.done, slot.delivered)
    return tuple("-" if at is None else f"{at - zero:.3f}" for at in moments)
