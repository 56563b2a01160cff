"""A load test as pictures: SVG texts, for the page. Pure, but for the drawing library."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from bench.load.figures import TIMELINE, WINDOWS
from bench.load.record import Record
from bench.load.watching import Sample
from bench.serving.figures import quantile

mpl.use("Agg")
mpl.rcParams["svg.hashsalt"] = "load"


def outcomes(timeline: Sequence[dict[str, float]]) -> str:
    """What was asked each second and became of it, and the pictures that came."""

    def draw(axis: Axes) -> None:
        for name in TIMELINE:
            values = [window[f"{name}_per_s"] for window in timeline]
            axis.step([window["at_s"] for window in timeline], values, where="post", label=name)

    return _drawn(draw, "seconds since the start", "a second")


def latencies(records: Sequence[Record], lasts_s: float) -> str:
    """95th percentiles over time, by when requests were to be sent."""
    width_s = lasts_s / WINDOWS
    kinds: dict[str, Callable[[Record], Sequence[float]]] = {
        "first text": lambda record: [took for took in (record.first_text_s,) if took is not None],
        "each picture": lambda record: record.each_picture_s,
        "stall in order": lambda record: list(record.stalls_s),
    }

    def draw(axis: Axes) -> None:
        for name, taken in kinds.items():
            by_window: dict[int, list[float]] = {}
            for record in records:
                by_window.setdefault(_window(record, width_s), []).extend(taken(record))
            points = [
                (width_s * number, quantile(took, 95)) for number, took in sorted(by_window.items()) if took
            ]
            if points:
                axis.plot(*zip(*points, strict=True), marker=".", label=name)

    return _drawn(draw, "seconds since the start", "seconds, p95")


def distributions(records: Sequence[Record]) -> str:
    """Which share of everything came within which time."""
    kinds = {
        "first text": [took for record in records if (took := record.first_text_s) is not None],
        "each picture": [took for record in records for took in record.each_picture_s],
        "whole answer": [record.answer_s for record in records if record.outcome == "completed"],
    }

    def draw(axis: Axes) -> None:
        for name, taken in kinds.items():
            if taken:
                axis.ecdf(taken, label=name)
        if any(kinds.values()):
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter("{x:g}")

    return _drawn(draw, "seconds from the intended start", "share")


def pool(samples: Sequence[Sample]) -> str:
    """Who draws, and what waits."""
    times = [sample.at_s for sample in samples]

    def draw(axis: Axes) -> None:
        axis.step(times, [sample.slots for sample in samples], where="post", label="places for pictures")
        axis.step(times, [sample.active for sample in samples], where="post", label="being drawn")
        axis.step(times, [sample.waiting for sample in samples], where="post", label="waiting")

    return _drawn(draw, "seconds since the start", "pictures")


def ramp(stages: Sequence[dict[str, Any]], knee_per_s: float | None) -> str:
    """What came of each rate."""
    rates = [stage["rate_per_s"] for stage in stages]

    def draw(axis: Axes) -> None:
        axis.plot(rates, rates, color="grey", linestyle=":", label="asked")
        axis.plot(
            rates, [stage["good_per_s"] for stage in stages], marker="o", label="answered in time and whole"
        )
        if knee_per_s is not None:
            axis.axvline(knee_per_s, color="tab:red", linestyle="--", label="knee")

    return _drawn(draw, "requests asked a second", "requests a second")


def _window(record: Record, width_s: float) -> int:
    return min(int(record.send.at_s / width_s), WINDOWS - 1)


def _drawn(draw: Callable[[Axes], None], x: str, y: str) -> str:
    figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
    draw(axis)
    axis.set(xlabel=x, ylabel=y, ylim=(0, None))
    axis.grid(alpha=0.3)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(fontsize="small")
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    plt.close(figure)
    return out.getvalue()[out.getvalue().index("<svg") :]
