"""Whatever is made worse on purpose loses on the axis that it concerns, and nowhere else."""

from __future__ import annotations

import pytest

from bench.answers.cases.case import AXES, Axis
from bench.answers.intervals import difference
from bench.answers.standing import Row, repeated
from tests.unit.bench.answers.tales import CASES, Planner, faithful, one_short, row, shuffled, unguided


def rows(planner: Planner, run: int = 0) -> list[Row]:
    return [row(case, run, planner) for case in CASES]


@pytest.fixture(scope="module")
def good() -> list[Row]:
    return rows(faithful)


def lost_on(worse: list[Row], good: list[Row]) -> set[Axis]:
    """The axes on which the one set is worse, all doubt apart."""
    compared = {
        axis: difference([one.scores[axis] for one in worse], [one.scores[axis] for one in good])
        for axis in AXES
    }
    return {axis for axis, interval in compared.items() if interval.high < 0}


def test_an_answer_without_a_mistake_has_full_marks(good: list[Row]) -> None:
    assert {score for one in good for score in one.scores.values()} == {10.0}


def test_shuffled_descriptions_lose_on_narrative_coordination(good: list[Row]) -> None:
    assert lost_on(rows(shuffled), good) == {"coordination"}


def test_dropped_references_lose_on_image_consistency(good: list[Row]) -> None:
    assert lost_on(rows(unguided), good) == {"images"}


def test_a_picture_left_out_loses_on_completeness_and_on_the_count_that_was_asked_for(
    good: list[Row],
) -> None:
    assert lost_on(rows(one_short), good) == {"completeness", "adherence"}


def test_two_runs_agree_within_their_intervals() -> None:
    """Each with every other answer made worse, so that there is something to differ by."""
    mixed = [
        row(case, run, (faithful, one_short)[(place + run) % 2])
        for run in (0, 1)
        for place, case in enumerate(CASES)
    ]
    assert {name for name, one in repeated(mixed).items() if not one.agree} == set()


def test_two_runs_of_which_one_is_worse_differ(good: list[Row]) -> None:
    second = [row(case, 1, one_short) for case in CASES]
    assert not repeated([*good, *second])["completeness"].agree
