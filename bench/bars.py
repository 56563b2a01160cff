"""The bars of the engine's benchmark, and whether a report reaches them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure of the report and the value that it must reach: at least, or at most."""

    key: str
    value: float
    at_least: bool

    def verdict(self, figure: float) -> str:
        """One line."""
        reached = figure >= self.value if self.at_least else figure <= self.value
        sign = "≥" if self.at_least else "≤"
        return f"{self.key:24} {figure:7.3f} {sign} {self.value:<5} {'reached' if reached else 'FALLS SHORT'}"


ON_ANY_DEVICE: Final = (
    Bar("overhead.single", 0.03, at_least=False),
    Bar("cancel.steps", 1, at_least=False),
    Bar("join.ticks", 1, at_least=False),
)
ON_CPU: Final = (
    Bar("speedup.ref0", 2.0, at_least=True),
    Bar("speedup.ref1_shared", 2.2, at_least=True),
    Bar("speedup.ref1_distinct", 1.6, at_least=True),
    Bar("reference_cost.cached", 1.15, at_least=False),
    *ON_ANY_DEVICE,
)
"""For storybook on one core."""
ON_CUDA: Final = (
    Bar("batching.4", 2.3, at_least=True),
    Bar("idle.share", 0.02, at_least=False),
    *ON_ANY_DEVICE,
)
"""For klein-4b at 512² pixels."""


def verdicts(figures: Mapping[str, float], is_cuda: bool) -> Iterator[str]:
    """A line for each bar."""
    for bar in ON_CUDA if is_cuda else ON_CPU:
        yield bar.verdict(figures[bar.key])
