"""Answers under thousands of random schedules of faults, in virtual time; a failure names its seed, which fails again."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pytest

from tests.faults.schedule import Schedule
from tests.virtual_time import VirtualLoop

SEEDS_AT_ONCE = 250
SEEDS = 10_000
PROCESSES = 2
FOUND = {
    151: "a Redis that forgot the end of an answer whose owner had let go of it: the answer ended twice",
    603: "a Redis that came back between two renewals, so nobody noticed that it had forgotten something",
    1396: "a picture drawn for a gateway that was lost before it wrote that it had asked for it: nobody heard",
    1063: "a takeover whose answer was lost was taken for somebody else's, and nobody went on",
    2392: "a Redis that forgot who took over from a gateway that was killed: what was told was told otherwise later",
    2493: "a Redis that forgot who took over from a gateway that left: what was told was told otherwise later",
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


def run_all(seeds: range) -> None:
    """In a process of its own, which shows nothing of what goes wrong on purpose."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("error")
    for seed in seeds:
        try:
            run(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.fixture(scope="module")
def running() -> Iterator[dict[int, Future[None]]]:
    """All of them, begun in order, by the first seed of each lot."""
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        yield {
            first: pool.submit(run_all, range(first, first + SEEDS_AT_ONCE))
            for first in range(0, SEEDS, SEEDS_AT_ONCE)
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS_AT_ONCE))
def test_an_answer_is_whole_whatever_the_schedule_of_faults(running: dict[int, Future[None]], first: int):
    running[first].result(timeout=590)


@pytest.mark.parametrize("seed", FOUND, ids=FOUND.values())
def test_a_schedule_that_found_a_defect_finds_it_no_more(seed: int) -> None:
    run(seed)
