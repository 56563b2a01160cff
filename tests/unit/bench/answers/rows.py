"""Judged answers, made up."""

from __future__ import annotations

from bench.answers.judging.verdict import Verdict
from bench.answers.measures import Measures
from bench.answers.standing import Row

NOTHING = Measures(1.0, 1.0, None, None, None, None, None, None, None, None, None, None)


def scored(
    system: str, case: str, run: int = 0, category: str = "all", kept: str = "", **scores: float
) -> Row:
    verdicts = tuple(Verdict(axis, f"{axis}, really?", one / 10, "so it is") for axis, one in scores.items())  # pyright: ignore[reportArgumentType]
    refused = None if scores else "nobody would"
    return Row(system, case, category, run, dict(scores), verdicts, "a remark", refused, NOTHING, kept)  # pyright: ignore[reportArgumentType]
