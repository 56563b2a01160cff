from __future__ import annotations

import numpy as np
import pytest

from bench.answers.arena.bradley_terry import points
from bench.answers.arena.pick import Pick, by_scores, win_rates
from bench.answers.intervals import bootstrap, column_means, difference
from bench.answers.standing import by_category, standing
from tests.unit.bench.answers.rows import scored


def test_an_interval_holds_the_mean_of_its_kind_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    samples = [rng.normal(5, 2, (30, 1)) for _ in range(60)]
    held = sum(
        interval.holds(5) for sample in samples for interval in bootstrap(sample, column_means) if interval
    )
    assert held >= 52


def test_a_figure_that_applies_to_no_case_has_no_interval() -> None:
    assert bootstrap(np.full((4, 1), np.nan), column_means) == [None]


def test_a_difference_that_all_cases_show_is_told_from_none() -> None:
    assert not difference([4, 5, 6], [3, 4, 5]).holds(0)
    assert difference([4, 5, 6], [5, 4, 6]).holds(0)


def test_overall_is_the_plain_mean_of_the_axes_whatever_their_number_of_cases() -> None:
    rows = [scored("s", "a", adherence=10.0, images=4.0), scored("s", "b", adherence=6.0)]
    found = standing(rows)
    assert (found["adherence"].mean, found["images"].mean, found["overall"].mean) == (8, 4, 6)
    assert "content" not in found


def test_runs_of_one_case_count_as_one_case() -> None:
    rows = [scored("s", "a", run, adherence=10.0) for run in range(3)] + [scored("s", "b", adherence=0.0)]
    assert standing(rows)["adherence"].mean == 5


def test_an_answer_that_nobody_judged_is_left_out() -> None:
    assert standing([scored("s", "a", adherence=8.0), scored("s", "b")])["adherence"].mean == 8


def test_categories_are_told_apart() -> None:
    rows = [scored("s", "a", category="comic", content=2.0), scored("s", "b", category="news", content=6.0)]
    assert {name: figures["content"] for name, figures in by_category(rows).items()} == {
        "comic": 2,
        "news": 6,
    }


def test_bradley_terry_finds_the_odds_that_two_systems_have() -> None:
    picks = [Pick("a", "b", f"case {n}", float(n % 4 != 0), float(n % 4 != 0)) for n in range(400)]
    found = points(picks)
    assert list(found) == ["a", "b"]
    # 3 to 1 are 400 log10(3) points.
    assert found["a"].mean - found["b"].mean == pytest.approx(190.8, abs=3)
    assert found["a"].low > 1000 > found["b"].high


def test_who_never_lost_has_a_place_all_the_same() -> None:
    found = points([Pick("a", "b", f"case {n}", 1, 1) for n in range(5)])
    assert 1000 < found["a"].mean < 1600


def test_equal_systems_cannot_be_told_apart() -> None:
    found = points([Pick("a", "b", f"case {n}", 0.5, 0.5) for n in range(10)])
    assert found["a"].holds(1000)


def test_scores_that_are_near_each_other_tie_unless_ties_are_decided() -> None:
    rows = [
        scored("a", "x", content=8.0),
        scored("b", "x", content=8.2),
        scored("a", "y", content=9.0),
        scored("b", "y", content=1.0),
    ]
    (share, forced, cases) = win_rates(by_scores(rows))["a", "b"]
    assert (share, forced, cases) == (0.75, 0.5, 2)
