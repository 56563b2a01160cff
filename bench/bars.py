"""Goals of a benchmark's figures, and whether a report reaches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass


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
        return f"{self.key:28} {figure:8.3f} {sign} {self.value:<5} {'reached' if reached else 'FALLS SHORT'}"


def verdicts(figures: Mapping[str, float], bars: Iterable[Bar]) -> Iterator[str]:
    """A line for each bar."""
    for bar in bars:
        yield bar.verdict(figures[bar.key])
