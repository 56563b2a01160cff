"""Answers under thousands of random schedules of faults, in virtual time; a failure names its seed, which fails again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from tests.faults.schedule import Schedule
from tests.virtual_time import VirtualLoop

SEEDS_AT_ONCE = 100
SEEDS = 3_000
FOUND = {
    151: "a Redis that forgot the end of an answer whose owner had let go of it: the answer ended twice",
    603: "a Redis that came back between two renewals, so nobody noticed that it had forgotten something",
    1396: "a picture drawn for a gateway that was lost before it wrote that it had asked for it: nobody heard",
    1063: "a takeover whose answer was lost was taken for somebody else's, and nobody went on",
}
"""Seeds that a defect was found by, and what it was."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What goes wrong on purpose is not worth formatting."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def run(seed: int) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(Schedule(seed).run())


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_AT_ONCE))
def test_an_answer_is_whole_whatever_the_schedule_of_faults(first: int) -> None:
    for seed in range(first, first + SEEDS_AT_ONCE):
        run(seed)


@pytest.mark.parametrize("seed", FOUND, ids=FOUND.values())
def test_a_schedule_that_found_a_defect_finds_it_no_more(seed: int) -> None:
    run(seed)
