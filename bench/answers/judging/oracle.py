"""The judge of the storybook world: it measures pictures instead of looking at them, and answers the questions that have a `check`."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor

from bench.answers.answer import Answer
from bench.answers.cases.case import AXES, Case
from bench.answers.judging.checks import CHECKS
from bench.answers.judging.looked_at import look
from bench.answers.judging.verdict import Judgement, Verdict
from bench.answers.systems.system import Conversation


class Oracle:
    """Reads pictures by `training.oracle`, in processes of its own."""

    name = "oracle"
    identity = "oracle, 2"
    """The number changes whenever a check does."""

    def __init__(self, workers: Executor | None = None) -> None:
        self._workers = workers

    async def judge(self, case: Case, said: Conversation, answer: Answer, run: int) -> Judgement:
        """Judge one answer; every run says the same."""
        return await asyncio.get_running_loop().run_in_executor(self._workers, judged, case, answer)


def processes(how_many: int) -> ProcessPoolExecutor:
    """Where to read pictures while others are drawn."""
    return ProcessPoolExecutor(how_many, multiprocessing.get_context("spawn"))


def judged(case: Case, answer: Answer) -> Judgement:
    """The judgement of one answer."""
    looked = look(answer)
    verdicts = [
        Verdict(axis, one.ask, CHECKS[one.check](case, looked, one.told), _measured(one.check))
        for axis in AXES
        for one in case.rubric.get(axis, ())
        if one.check
    ]
    worst = sorted(
        (one for one in verdicts if one.share is not None and one.share < 1), key=lambda one: one.share or 0
    )
    return Judgement(tuple(verdicts), " ".join(f"{one.question} {one.share:.0%}." for one in worst[:4]))


def _measured(check: str) -> str:
    """What a check looks at, in its own words."""
    return (CHECKS[check].__doc__ or "").partition("\n")[0]
