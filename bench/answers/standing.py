"""How systems stand: each judged answer as a row, and from these the axes with their intervals, by category, and run against run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from bench.answers.cases.case import AXES, Axis
from bench.answers.intervals import Interval, Table, bootstrap, column_means, difference
from bench.answers.judging.verdict import Verdict
from bench.answers.measures import Measures

Figure = Axis | Literal["overall"]
FIGURES: Final[tuple[Figure, ...]] = (*AXES, "overall")


@dataclass(frozen=True, slots=True)
class Row:
    """One judged answer. `kept` is the key under which the answer lies; `refused` says why no judge would judge it."""

    system: str
    case: str
    category: str
    run: int
    scores: dict[Axis, float]
    verdicts: tuple[Verdict, ...]
    remark: str
    refused: str | None
    measures: Measures
    kept: str

    @property
    def overall(self) -> float:
        """The mean of the axes that applied."""
        return sum(self.scores.values()) / len(self.scores) if self.scores else float("nan")


def standing(rows: Iterable[Row]) -> dict[Figure, Interval]:
    """Each axis's mean over cases, and overall, the plain mean of the axes, from 0 to 10. Runs of one case count as one case."""
    table = _table(rows)
    intervals = bootstrap(table, _with_overall) if len(table) else []
    return {name: one for name, one in zip(FIGURES, intervals, strict=False) if one is not None}


def by_category(rows: Sequence[Row]) -> dict[str, dict[Figure, float]]:
    """The same without intervals, category by category."""
    found = {}
    for category in dict.fromkeys(row.category for row in rows):
        figures = _with_overall(_table(row for row in rows if row.category == category))
        found[category] = {
            name: float(one) for name, one in zip(FIGURES, figures, strict=True) if not np.isnan(one)
        }
    return found


@dataclass(frozen=True, slots=True)
class Repeated:
    """A figure in the first run and in the last; they agree unless the difference, case by case, is told apart from none."""

    first: float
    last: float
    difference: Interval

    @property
    def agree(self) -> bool:
        """Whether no difference lies within the interval."""
        return self.difference.holds(0)


def repeated(rows: Sequence[Row]) -> dict[Figure, Repeated]:
    """Every figure of the first run beside the last one's, on the cases that both answered; empty if there was one run only."""
    runs = sorted({row.run for row in rows})
    if len(runs) < 2:
        return {}
    first, last = ({row.case: row for row in rows if row.run == run} for run in (runs[0], runs[-1]))
    found: dict[Figure, Repeated] = {}
    for name in FIGURES:
        pairs = [
            (one, other)
            for case in first.keys() & last.keys()
            if (one := _figure(first[case], name)) is not None
            and (other := _figure(last[case], name)) is not None
        ]
        if pairs:
            ones, others = zip(*pairs, strict=True)
            found[name] = Repeated(float(np.mean(ones)), float(np.mean(others)), difference(others, ones))
    return found


def _figure(row: Row, name: Figure) -> float | None:
    if name == "overall":
        return row.overall if row.scores else None
    return row.scores.get(name)


def _table(rows: Iterable[Row]) -> Table:
    cases: dict[str, list[list[float]]] = {}
    for row in rows:
        if row.scores:
            cases.setdefault(row.case, []).append([row.scores.get(axis, np.nan) for axis in AXES])
    return np.array([column_means(np.array(runs)) for runs in cases.values()]).reshape(-1, len(AXES))


def _with_overall(table: Table) -> Table:
    axes = column_means(table)
    return np.append(axes, np.nanmean(axes) if (~np.isnan(axes)).any() else np.nan)
