"""Several judgements of one answer as one, and how far judges, and runs of one judge, agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import fmean

from bench.answers.judging.verdict import Judgement, Verdict

Source = tuple[str, int]
"""A judge's name and which of its runs."""


@dataclass(frozen=True, slots=True)
class Agreeing:
    """How often two say the same of a question, and how much more often than by chance (Cohen's kappa; 1 where both always say one thing)."""

    questions: int
    share: float
    kappa: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two runs of one judge, by judge, and two judges, by pair."""

    runs: dict[str, Agreeing] = field(default_factory=dict)
    judges: dict[str, Agreeing] = field(default_factory=dict)


def merged(judgements: Sequence[Judgement]) -> Judgement:
    """One judgement of several: each question's mean share, the first remark and reasons; refused only if all are."""
    said = [one for one in judgements if one.refused is None]
    if not said:
        return judgements[0]
    verdicts = [_merged(same) for same in zip(*(one.verdicts for one in said), strict=True)]
    return Judgement(tuple(verdicts), said[0].remark)


def agreement(answers: Iterable[Mapping[Source, Judgement]]) -> Agreement:
    """How far all who judged the same answers agree; of a judge that was asked once, only with others."""
    pairs: dict[tuple[Source, Source], list[tuple[bool, bool]]] = {}
    for judged in answers:
        for one, other in combinations(sorted(judged), 2):
            pairs.setdefault((one, other), []).extend(_said(judged[one], judged[other]))
    runs = {one[0]: _agreeing(said) for (one, other), said in pairs.items() if said and one[0] == other[0]}
    judges = {
        f"{one[0]} and {other[0]}": _agreeing(said)
        for (one, other), said in pairs.items()
        if said and one[0] != other[0] and one[1] == other[1] == 0
    }
    return Agreement(runs, judges)


def _merged(same: tuple[Verdict, ...]) -> Verdict:
    shares = [one.share for one in same if one.share is not None]
    return replace(same[0], share=fmean(shares) if shares else None)


def _said(one: Judgement, other: Judgement) -> list[tuple[bool, bool]]:
    pairs = zip(one.verdicts, other.verdicts, strict=False)
    return [(a.share > 0.5, b.share > 0.5) for a, b in pairs if a.share is not None and b.share is not None]


def _agreeing(said: Sequence[tuple[bool, bool]]) -> Agreeing:
    share = fmean(a == b for a, b in said)
    yes, theirs = fmean(a for a, _ in said), fmean(b for _, b in said)
    chance = yes * theirs + (1 - yes) * (1 - theirs)
    return Agreeing(len(said), share, 1.0 if chance == 1 else (share - chance) / (1 - chance))
