"""Measure the demo pair on its held-out sets: figures to `out/storybook-eval.json`, a sheet for each row beside it, a table to read.

    python -m training.evaluate

It judges nothing: a bar that is not reached is printed, not an error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.eval_planner import evaluate_planner
from training.eval_visualizer import evaluate_visualizer

OUT: Final = Path("out")
REPORT: Final = OUT / "storybook-eval.json"
SHEETS: Final = OUT / "storybook-eval"


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure should reach: at least this, or at most."""

    value: float
    at_most: bool = False

    def holds(self, figure: float) -> bool:
        """Whether the figure reaches the bar."""
        return figure <= self.value if self.at_most else figure >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.value:g}"


BARS: Final = {
    "planner.count_obedience": Bar(0.98),
    "planner.task_choice": Bar(0.98),
    "planner.character_consistency": Bar(0.97),
    "planner.reference_choice": Bar(0.97),
    "planner.faithful": Bar(0.95),
    "planner.bounds_obedience": Bar(0.98),
    "planner.count_told": Bar(0.98),
    "planner.no_babble": Bar(0.99),
    "planner.one_figure": Bar(0.98),
    "planner.goes_on": Bar(0.98),
    "planner.says_so": Bar(0.95),
    "visualizer.attribute_accuracy": Bar(0.92),
    "visualizer.identity_ratio": Bar(0.25, at_most=True),
    "visualizer.chain_identity": Bar(1.2, at_most=True),
    "autoencoder.psnr_db": Bar(30),
}


def bar_of(key: str) -> Bar | None:
    """The bar of a figure; one bar holds for each figure below its name, such as `visualizer.attribute_accuracy.place`."""
    return next((bar for name, bar in BARS.items() if key == name or key.startswith(f"{name}.")), None)


def table(figures: dict[str, float]) -> str:
    """The figures as text, each with its bar and whether it holds."""
    width = max(map(len, figures))
    return "\n".join(
        f"{key:<{width}}  {figure:8.3f}  {_verdict(key, figure)}".rstrip() for key, figure in figures.items()
    )


def _verdict(key: str, figure: float) -> str:
    bar = bar_of(key)
    return f"{bar!s:<8}{'reached' if bar.holds(figure) else 'FALLS SHORT'}" if bar else ""


def missing(figures: dict[str, float]) -> list[str]:
    """Bars for which nothing was measured."""
    return [name for name in BARS if not any(key == name or key.startswith(f"{name}.") for key in figures)]


def main() -> None:
    """Measure both models and write what came out."""
    SHEETS.mkdir(parents=True, exist_ok=True)
    figures = evaluate_planner(SHEETS) | evaluate_visualizer(SHEETS)
    REPORT.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    print(table(figures))
    short = [key for key, figure in figures.items() if (bar := bar_of(key)) and not bar.holds(figure)]
    print(
        "all bars reached"
        if not short and not missing(figures)
        else f"short: {', '.join(short + missing(figures))}"
    )


if __name__ == "__main__":
    main()
