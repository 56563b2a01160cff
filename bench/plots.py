"""The engine's figures as pictures for docs/benchmarks.md. It knows the report, not how it was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot as plt

mpl.use("Agg")


def plot(report: dict[str, Any], folder: Path) -> None:
    """Write one picture per question: throughput by jobs waiting, latency, what a reference costs."""
    folder.mkdir(parents=True, exist_ok=True)
    where = f"{Path(report['model']).parent.name or report['model']}, {report['device']}, {report['date']}"
    _by_waiting(report["rows"], "images_per_s", "images per second", where, folder / "engine-throughput.png")
    _by_waiting(report["rows"], "p95_s", "seconds to a picture, p95", where, folder / "engine-latency.png")
    _speedups(report, where, folder / "engine-speedup.png")


def _by_waiting(rows: list[dict[str, Any]], key: str, label: str, where: str, file: Path) -> None:
    kinds = list(dict.fromkeys(row["references"] for row in rows))
    figure, axes = plt.subplots(1, len(kinds), figsize=(3 * len(kinds), 3), sharey=True, layout="constrained")
    for axis, kind in zip(axes, kinds, strict=True):
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
    axes[0].set_ylabel(label)
    axes[0].legend(fontsize="small")
    figure.suptitle(where, fontsize="small")
    figure.savefig(file, dpi=110)
    plt.close(figure)


def _speedups(report: dict[str, Any], where: str, file: Path) -> None:
    figures = {
        name.removeprefix("speedup.").replace("_", " "): value
        for name, value in report.items()
        if name.startswith("speedup.") and not name.endswith(".cpu")
    }
    figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
    bars = axis.barh(list(figures), list(figures.values()), color="tab:green")
    axis.bar_label(bars, fmt="%.2fx", padding=3)
    axis.axvline(1, color="grey", linewidth=1)
    axis.invert_yaxis()
    axis.set(
        xlabel="engine ÷ diffusers loop, images per second, 8 jobs waiting",
        xlim=(0, 1.2 * max(figures.values())),
    )
    figure.suptitle(where, fontsize="small")
    figure.savefig(file, dpi=110)
    plt.close(figure)
