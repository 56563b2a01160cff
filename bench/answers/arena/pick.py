"""Two answers to one case, and which is better."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, Literal, Protocol

from bench.answers.answer import Answer
from bench.answers.cases.case import Case
from bench.answers.standing import Row
from bench.answers.systems.system import Conversation

SCORE_TIE: Final = 0.25
"""A difference of overall scores, of 10, up to which two answers are equally good."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a judge says of two answers: which is better, and, should they be equal, to which it leans."""

    winner: Literal["first", "second", "tie"]
    leaning: Literal["first", "second"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pick:
    """One case decided between two systems: 1 for `one`, 0 for `other`, 0.5 for a tie; `forced` allows none where the judge knows."""

    one: str
    other: str
    case: str
    score: float
    forced: float


class Referee(Protocol):
    """Compares two answers."""

    async def pick(self, case: Case, said: Conversation, first: Answer, second: Answer) -> Choice | None:
        """Which is better; None if the judge would not say."""
        ...


async def both_orders(
    referee: Referee, case: Case, said: Conversation, one: tuple[str, Answer], other: tuple[str, Answer]
) -> Pick | None:
    """Ask twice, the second time in the other order, since judges favour a place: what changes with the order is a tie."""
    there, back = await asyncio.gather(
        referee.pick(case, said, one[1], other[1]), referee.pick(case, said, other[1], one[1])
    )
    if there is None or back is None:
        return None
    score = (_points(there.winner) + 1 - _points(back.winner)) / 2
    forced = (_points(_decided(there)) + 1 - _points(_decided(back))) / 2
    return Pick(one[0], other[0], case.id, score, forced)


def by_scores(rows: Sequence[Row]) -> list[Pick]:
    """Every two systems on every case that both were judged on, by their overall scores; runs are compared one with one."""
    found: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if row.scores:
            found.setdefault((row.case, row.run), []).append(row)
    return [_compared(one, other) for group in found.values() for one, other in combinations(group, 2)]


def win_rates(picks: Iterable[Pick]) -> dict[tuple[str, str], tuple[float, float, int]]:
    """For every two systems: the first one's share of points with ties as halves, that with ties decided, and how many cases."""
    pairs: dict[tuple[str, str], list[Pick]] = {}
    for pick in picks:
        pairs.setdefault((pick.one, pick.other), []).append(pick)
    return {
        pair: (sum(one.score for one in of) / len(of), sum(one.forced for one in of) / len(of), len(of))
        for pair, of in pairs.items()
    }


def _compared(one: Row, other: Row) -> Pick:
    by = one.overall - other.overall
    score = 0.5 if abs(by) <= SCORE_TIE else float(by > 0)
    return Pick(one.system, other.system, one.case, score, 0.5 if by == 0 else float(by > 0))


def _points(winner: Literal["first", "second", "tie"]) -> float:
    return {"first": 1.0, "second": 0.0, "tie": 0.5}[winner]


def _decided(choice: Choice) -> Literal["first", "second"]:
    return choice.leaning if choice.winner == "tie" else choice.winner
