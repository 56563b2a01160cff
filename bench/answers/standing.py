"""How systems stand: each judged answer as a row, and from these the axes with their intervals, by category, and run against run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from bench.answers.cases.case import AXES, Axis
from bench.answers.intervals import Interval, Table, bootstrap, column_means
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


def runs_agree(rows: Sequence[Row]) -> dict[Figure, tuple[Interval, Interval, bool]]:
    """Each figure in the first run and in the last, and whether each mean lies within the other's interval; empty for one run."""
    runs = sorted({row.run for row in rows})
    if len(runs) < 2:
        return {}
    first, last = (standing(row for row in rows if row.run == run) for run in (runs[0], runs[-1]))
    return {
        name: (
            first[name],
            last[name],
            last[name].holds(first[name].mean) and first[name].holds(last[name].mean),
        )
        for name in FIGURES
        if name in first and name in last
    }


def _table(rows: Iterable[Row]) -> Table:
    cases: dict[str, list[list[float]]] = {}
    for row in rows:
        if row.scores:
            cases.setdefault(row.case, []).append([row.scores.get(axis, np.nan) for axis in AXES])
    return np.array([column_means(np.array(runs)) for runs in cases.values()]).reshape(-1, len(AXES))


def _with_overall(table: Table) -> Table:
    axes = column_means(table)
    return np.append(axes, np.nanmean(axes) if (~np.isnan(axes)).any() else np.nan)
