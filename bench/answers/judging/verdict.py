"""What a judge says of an answer, and how that becomes scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Protocol

from pydantic import TypeAdapter

from bench.answers.answer import Answer
from bench.answers.cases.case import AXES, Axis, Case
from bench.answers.systems.system import Conversation

BEST = 10.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question answered: `share` from 0 (no) to 1 (yes), None where it does not apply to this answer."""

    axis: Axis
    question: str
    share: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """All of a case's questions answered; or none, and `refused` says why the judge would not, or could not."""

    verdicts: tuple[Verdict, ...] = ()
    remark: str = ""
    refused: str | None = None


JUDGEMENT: TypeAdapter[Judgement] = TypeAdapter(Judgement)


class Judge(Protocol):
    """Answers the questions of a case about an answer; `identity` is what its verdicts depend on, `run` counts from 0."""

    @property
    def name(self) -> str:
        """Under which the report shows it."""
        ...

    @property
    def identity(self) -> object:
        """A JSON value."""
        ...

    async def judge(self, case: Case, said: Conversation, answer: Answer, run: int) -> Judgement:
        """Judge one answer."""
        ...


def nothing_came(case: Case, why: str) -> Judgement:
    """The judgement of an answer that never came: no to everything."""
    verdicts = [Verdict(axis, one.ask, 0.0, why) for axis in AXES for one in case.rubric.get(axis, ())]
    return Judgement(tuple(verdicts), why)


def scores(verdicts: Iterable[Verdict]) -> dict[Axis, float]:
    """Each axis that a question applied to, from 0 to 10: ten times the mean share."""
    shares: dict[Axis, list[float]] = {}
    for verdict in verdicts:
        if verdict.share is not None:
            shares.setdefault(verdict.axis, []).append(verdict.share)
    return {axis: BEST * fmean(shares[axis]) for axis in AXES if axis in shares}
