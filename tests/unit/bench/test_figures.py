import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.serving import dispatch, overload, scaling
from bench.serving.figures import gaps, most_at_once, numbering, quantile, spread_ms


def test_percentiles_lie_between_neighbours() -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], 50) == 2.5
    assert quantile(list(map(float, range(101))), 99) == 99.0
    assert quantile([7.0], 99) == 7.0


@given(st.lists(st.integers(0, 1000), min_size=1), st.integers(1, 98))
def test_percentiles_rise_and_stay_within_the_samples(samples: list[int], percent: int) -> None:
    lower, higher = quantile(samples, percent), quantile(samples, percent + 1)
    assert min(samples) <= lower <= higher <= max(samples)


def test_a_spread_is_told_in_milliseconds_with_its_number_of_samples() -> None:
    assert spread_ms("x", [0.001, 0.001]) == {"x.p50_ms": 1.0, "x.p99_ms": 1.0, "x.samples": 2}


def test_gaps_are_between_each_and_the_next() -> None:
    assert gaps([1.0, 3.0, 6.0]) == [2.0, 3.0]
    assert gaps([1.0]) == gaps([]) == []


def test_spans_that_meet_do_not_overlap() -> None:
    assert most_at_once([(0, 2), (1, 3), (2, 4)]) == 2
    assert most_at_once([]) == 0


@pytest.mark.parametrize(
    ("numbers", "lost", "doubled"), [([0, 1, 2], 0, 0), ([0, 2, 3], 1, 0), ([0, 1, 1], 0, 1), ([], 0, 0)]
)
def test_a_stream_tells_what_it_lost_and_what_it_said_twice(
    numbers: list[int], lost: int, doubled: int
) -> None:
    assert numbering(numbers) == (lost, doubled)


def test_ours_is_compared_with_the_best_rival_of_each_percentile() -> None:
    times = [{"closed_at": 0.0, "queued_at": 0.0, "claimed_at": 0.001, "started_at": 0.002}]
    told = dispatch.figures(times, {"slow": [0.2], "fast": [0.004]})
    assert told["dispatch.of_best.p50"] == pytest.approx(0.5)
    assert told["dispatch.queue_of_best.p99"] == pytest.approx(0.25)
    assert "dispatch.of_best.p50" not in dispatch.figures(times, {})


def test_scale_is_measured_against_one_worker() -> None:
    told = scaling.figures({1: 2.0, 4: 6.0})
    assert told == {"scale.1.images_per_s": 2.0, "scale.4.images_per_s": 6.0, "scale.4": 0.75}


def test_a_rate_counts_neither_the_first_quarter_nor_what_comes_after_the_load() -> None:
    lasts_s = overload.LASTS_S
    answers = [(at_s, 0.1, httpx.Response(200)) for at_s in (0.0, lasts_s / 2, lasts_s - 0.1, lasts_s)]
    assert overload.rate(answers) == pytest.approx(2 / (0.75 * lasts_s))
