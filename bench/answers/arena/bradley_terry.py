"""One scale for all systems from who won against whom, in Elo's points about a mean of 1000.

Sources: Bradley and Terry, Rank Analysis of Incomplete Block Designs (1952); Hunter, MM Algorithms for Generalized Bradley-Terry
Models (2004), section 3, for the iteration; a tie counts as half a win for each, as in Chatbot Arena (arXiv 2403.04132).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.answers.arena.pick import Pick
from bench.answers.intervals import Interval, Table, bootstrap

MEAN_POINTS: Final = 1000.0
_PER_DECADE: Final = 400.0
_ITERATIONS: Final = 200
_PRIOR: Final = 0.5
"""Half a win for each side of every pair that met, so that whoever never lost has a place on the scale."""


def points(picks: Sequence[Pick]) -> dict[str, Interval]:
    """Every system's points with their interval, the best first. Cases are resampled, not picks: those of one case hang together."""
    systems = list(dict.fromkeys(name for pick in picks for name in (pick.one, pick.other)))
    cases = list(dict.fromkeys(pick.case for pick in picks))
    wins = np.zeros((len(cases), len(systems), len(systems)))
    for pick in picks:
        case, one, other = cases.index(pick.case), systems.index(pick.one), systems.index(pick.other)
        wins[case, one, other] += pick.score
        wins[case, other, one] += 1 - pick.score
    table = wins.reshape(len(cases), -1)
    intervals = bootstrap(table, lambda rows: _fitted(rows.sum(0).reshape(len(systems), len(systems))))
    found = {name: one for name, one in zip(systems, intervals, strict=True) if one is not None}
    return dict(sorted(found.items(), key=lambda item: -item[1].mean))


def _fitted(wins: NDArray[np.float64]) -> Table:
    wins = wins + _PRIOR * ((wins + wins.T) > 0)
    games, won = wins + wins.T, wins.sum(1)
    strength = np.ones(len(wins))
    for _ in range(_ITERATIONS):
        strength = won / (games / np.add.outer(strength, strength)).sum(1)
        strength /= np.exp(np.log(strength).mean())
    return MEAN_POINTS + _PER_DECADE * np.log10(strength)
