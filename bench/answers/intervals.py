"""Means over cases, and how far they would move had other cases been asked: percentile bootstrap.

Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2000
LEVEL: Final = 0.95
_SEED: Final = 1

Table = NDArray[np.float64]
"""A row for each case, a column for each figure; NaN where a figure does not apply."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and where it lies with a probability of 95 %."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} [{self.low:.2f}, {self.high:.2f}]"

    def holds(self, figure: float) -> bool:
        """Whether a figure lies within, but for rounding."""
        return self.low - 1e-9 <= figure <= self.high + 1e-9


def column_means(table: Table) -> Table:
    """The mean of each column over the rows that it applies to; NaN where it applies to none."""
    there = ~np.isnan(table)
    counted = there.sum(0)
    summed = np.where(there, table, 0).sum(0)
    return np.divide(summed, counted, out=np.full(summed.shape, np.nan), where=counted > 0)


def bootstrap(table: Table, statistic: Callable[[Table], Table]) -> list[Interval | None]:
    """Each figure of `statistic` with its interval over resampled rows; None where it is NaN."""
    rng = np.random.default_rng(_SEED)
    whole = statistic(table)
    rows = len(table)
    drawn = np.array([statistic(table[rng.integers(0, rows, rows)]) for _ in range(RESAMPLES)])
    return [_interval(figure, drawn[:, place]) for place, figure in enumerate(whole)]


def _interval(figure: float, drawn: Table) -> Interval | None:
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(figure) or not len(drawn):
        return None
    low, high = np.quantile(drawn, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Interval(float(figure), float(low), float(high))


def difference(one: Sequence[float], other: Sequence[float]) -> Interval:
    """The mean of `one` less that of `other`, case by case."""
    table = np.subtract(np.array(one, np.float64), np.array(other, np.float64))[:, None]
    (interval,) = bootstrap(table, column_means)
    if interval is None:
        raise ValueError("there is no case to compare by")
    return interval
