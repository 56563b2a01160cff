"""What a simulated run says. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.load.arrivals import poisson
from bench.serving.figures import quantile
from bench.simulate.model import Story, System
from bench.simulate.system import Simulation


@dataclass(frozen=True, slots=True)
class Outcome:
    """A load that was laid on a simulated system."""

    most_open: int
    first_text_p95_s: float
    text_late_p99_s: float
    picture_p50_s: float
    picture_p95_s: float
    answer_p50_s: float
    answer_p95_s: float
    drawn_s: tuple[float, ...]


def simulate(system: System, story: Story, per_s: float, lasts_s: float, seed: int = 1) -> Outcome:
    """Ask at random times, so many times a second."""
    times = list(poisson(random.Random(seed), per_s, lasts_s))
    return outcome(system, story, times)


def outcome(system: System, story: Story, times: list[float]) -> Outcome:
    """Ask at these times."""
    run = Simulation(system)
    run.run(times, story)
    pictures = [took_s for answer in run.answers for took_s in answer.pictures_s] or [0.0]
    answers = [answer.whole_s for answer in run.answers]
    return Outcome(
        most_open=run.most_open,
        first_text_p95_s=quantile([answer.first_text_s for answer in run.answers], 95),
        text_late_p99_s=quantile([answer.text_late_s for answer in run.answers], 99),
        picture_p50_s=quantile(pictures, 50),
        picture_p95_s=quantile(pictures, 95),
        answer_p50_s=quantile(answers, 50),
        answer_p95_s=quantile(answers, 95),
        drawn_s=tuple(run.drawn_s),
    )


def pictures_per_s(drawn_s: Sequence[float], workers: int) -> float:
    """How fast a burst was drawn, from when each worker had drawn its first picture to the last one."""
    times = sorted(drawn_s)
    return (len(times) - workers) / (times[-1] - times[workers - 1])
