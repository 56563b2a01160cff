import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.load import arrivals, mix
from bench.load.mix import Kind, Mix
from bench.load.scenarios import EVERYBODY, NOISY, SLOW, Load, Scenario, sends
from bench.load.settings import MIXES

ASKED = Mix(
    question=(
        Kind(name="often", weight=9, prompts=("a fox",)),
        Kind(name="seldom", prompts=("a cat", "an owl")),
    )
)


def load(scenario: Scenario, **more) -> Load:
    return Load(scenario, ASKED, **{"rate_per_s": 10.0, "lasts_s": 100.0} | more)


@pytest.mark.parametrize("scenario", ["steady", "ramp", "burst", "noisy", "slow", "soak", "rolling"])
def test_the_same_seed_gives_the_same_requests_at_the_same_times(scenario: Scenario) -> None:
    first = sends(load(scenario))
    assert first == sends(load(scenario))
    assert first != sends(load(scenario, seed=2))
    assert [send.at_s for send in first] == sorted(send.at_s for send in first)
    assert all(0 <= send.at_s < 100 for send in first)


def test_random_arrivals_come_at_their_rate_and_bunch() -> None:
    times = [send.at_s for send in sends(load("steady"))]
    assert len(times) == pytest.approx(1000, rel=0.1)
    assert min(after - before for before, after in pairwise(times)) < 0.01


def test_even_arrivals_are_a_fixed_time_apart() -> None:
    assert [send.at_s for send in sends(load("steady", even=True, lasts_s=0.5))] == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.4]
    )


def test_a_ramp_rises_to_its_highest_rate_in_equal_steps() -> None:
    ramp = load("ramp", stages=4, rate_per_s=40.0)
    counted = Counter(int(send.at_s // ramp.stage_s) for send in sends(ramp))
    assert ramp.rates_per_s == [10, 20, 30, 40]
    assert [counted[stage] for stage in range(4)] == pytest.approx([250, 500, 750, 1000], rel=0.15)


def test_a_burst_comes_in_one_moment() -> None:
    at_once = Counter(send.at_s for send in sends(load("burst"))).most_common(3)
    assert [count for _, count in at_once] == [50, 50, 50]


def test_the_noisy_tenant_asks_ten_times_as_much_as_all_others() -> None:
    counted = Counter(send.group for send in sends(load("noisy")))
    assert counted[NOISY] / counted[EVERYBODY] == pytest.approx(10, rel=0.15)


def test_a_quarter_reads_slowly() -> None:
    asked = sends(load("slow"))
    slow = [send for send in asked if send.group == SLOW]
    assert len(slow) / len(asked) == pytest.approx(0.25, abs=0.05)
    assert all(send.read_pause_s > 0 for send in slow)


def test_questions_come_by_weight_and_all_their_prompts_are_used() -> None:
    asked = sends(load("steady"))
    often = sum(send.kind.name == "often" for send in asked)
    assert often / len(asked) == pytest.approx(0.9, abs=0.03)
    assert {send.prompt for send in asked} == {"a fox", "a cat", "an owl"}


def test_a_trace_is_replayed(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text("# seconds\n2.5\n\n0.5 # the first\n")
    assert [send.at_s for send in sends(load("trace", trace=file))] == [0.5, 2.5]


@pytest.mark.parametrize("line", ["soon", "-1", "inf", "nan"])
def test_a_trace_that_is_none_is_refused_by_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "trace"
    file.write_text(f"1\n{line}\n")
    with pytest.raises(ValueError, match="line 2"):
        list(arrivals.trace(file))


def test_a_trace_must_be_named() -> None:
    with pytest.raises(ValueError, match="--trace"):
        sends(load("trace"))


@given(st.floats(0.1, 50), st.floats(0.1, 50), st.integers(0, 9))
def test_no_request_comes_outside_the_test(per_s: float, lasts_s: float, seed: int) -> None:
    assert all(0 <= at_s < lasts_s for at_s in arrivals.poisson(random.Random(seed), per_s, lasts_s))


@pytest.mark.parametrize("file", sorted(MIXES.glob("*.toml")), ids=lambda file: file.stem)
def test_every_mix_that_comes_along_can_be_read(file: Path) -> None:
    assert mix.read(file).question


@pytest.mark.parametrize(
    ("text", "named"),
    [("question = []", "question"), ("[slo]\nsoon = 1", "soon"), ("{", "mix of questions")],
)
def test_a_mix_that_is_none_is_refused_with_what_is_wrong(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=named):
        mix.read(file)
