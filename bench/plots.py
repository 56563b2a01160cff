"""The engine's figures as pictures for docs/benchmarks.md. It knows the report, not how it was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

mpl.use("Agg")


def plot(report: dict[str, Any], folder: Path) -> None:
    """Write one picture per question: throughput and latency by jobs waiting, speedup, what a reference costs, how long one job takes."""
    folder.mkdir(parents=True, exist_ok=True)
    where = f"{Path(report['model']).parent.name or report['model']}, {report['device']}, {report['date']}"
    _by_waiting(report["rows"], "images_per_s", "images per second", where, folder / "engine-throughput.png")
    _by_waiting(report["rows"], "p95_s", "seconds to a picture, p95", where, folder / "engine-latency.png")
    speedups = {
        name.removeprefix("speedup.").replace("_", " "): value
        for name, value in report.items()
        if name.startswith("speedup.") and not name.endswith(".cpu")
    }
    label = "engine ÷ diffusers loop, images per second, 8 jobs waiting"
    _bars(speedups, label, "%.2fx", where, folder / "engine-speedup.png")
    label = "seconds with one shared reference ÷ without, 8 jobs waiting"
    costs = {
        who: report[f"reference_cost.{key}"]
        for who, key in (
            ("diffusers loop", "loop"),
            ("engine, first seen", "first"),
            ("engine, cached", "cached"),
        )
    }
    _bars(costs, label, "%.2fx", where, folder / "engine-reference.png")
    _bars(
        _alone(report),
        "milliseconds, one job alone, no reference",
        "%.0f",
        where,
        folder / "engine-alone.png",
    )


def _by_waiting(rows: list[dict[str, Any]], key: str, label: str, where: str, file: Path) -> None:
    kinds = list(dict.fromkeys(row["references"] for row in rows))
    columns = (len(kinds) + 1) // 2
    figure, grid = plt.subplots(2, columns, figsize=(3 * columns, 6), sharey=True, layout="constrained")
    axes = list(grid.flat)
    for unused in axes[len(kinds) :]:
        unused.set_axis_off()
    for axis, kind in zip(axes, kinds, strict=False):
        for who in dict.fromkeys(row["who"] for row in rows):
            points = [
                (row["waiting"], row[key]) for row in rows if (row["who"], row["references"]) == (who, kind)
            ]
            if points:
                axis.plot(*zip(*points, strict=True), marker="o", label=who)
        axis.set(title=f"references: {kind}", xlabel="jobs waiting", xscale="log", xticks=[1, 2, 4, 8, 16])
        axis.xaxis.set_major_formatter("{x:.0f}")
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    figure.supylabel(label, fontsize="medium")
    axes[0].legend(fontsize="small")
    figure.suptitle(where, fontsize="small")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _alone(report: dict[str, Any]) -> dict[str, float]:
    rows = [row for row in report["rows"] if (row["references"], row["waiting"]) == ("0", 1)]
    whole = {f"{row['who']}, picture": 1000 * row["p50_s"] for row in rows}
    return whole | {"engine, first preview of two": 1000 * report["preview.first_s"]}


def _bars(figures: dict[str, float], label: str, number: str, where: str, file: Path) -> None:
    figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
    bars = axis.barh(list(figures), list(figures.values()), color="tab:green")
    axis.bar_label(bars, fmt=number, padding=3)
    axis.invert_yaxis()
    axis.set(xlabel=label, xlim=(0, 1.2 * max(figures.values())))
    figure.suptitle(where, fontsize="small")
    figure.savefig(file, dpi=110)
    plt.close(figure)
