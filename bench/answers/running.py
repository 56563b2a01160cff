"""Runs a benchmark: first every answer, then every judgement, so that judging slows no answer down. All of it can be cut off and resumed."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from tqdm import tqdm

from bench.answers.answer import Answer
from bench.answers.cases.case import Case
from bench.answers.cases.inputs import asked
from bench.answers.judging.agreement import Agreement, agreement, merged
from bench.answers.judging.verdict import JUDGEMENT, Judge, Judgement, nothing_came, scores
from bench.answers.keep import Kept, key
from bench.answers.measures import measure
from bench.answers.standing import Row
from bench.answers.systems.remembered import Remembered
from bench.answers.systems.system import Asker, CannotAsk, Conversation

if TYPE_CHECKING:
    from bench.answers.likeness import Weights

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Given:
    """A case that a system answered. The answer is kept, since all of them may not fit into memory; here is one that failed."""

    asker: Remembered
    case: Case
    said: Conversation
    failed: Answer | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A case that a system can't be asked, and why."""

    system: str
    case: str
    why: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run is made of: where its work is kept, who judges and how often, which weights help, and how much is done at once."""

    folder: Path
    judges: Sequence[Judge]
    judge_runs: int = 1
    weights: Weights | None = None
    at_once: int = 4

    def remembered(self, asker: Asker) -> Remembered:
        """An asker whose answers are kept."""
        return Remembered(asker, Kept(self.folder, "answers"))

    async def answers(
        self, askers: Sequence[Remembered], cases: Sequence[Case], runs: int
    ) -> tuple[list[Given], list[Skipped]]:
        """Have every case answered by everybody, so often."""
        tasks = [
            lambda asker=asker, case=case, run=run: _answered(asker, case, run)
            for run in range(runs)
            for case in cases
            for asker in askers
        ]
        found = await self.all("answers", tasks)
        return [one for one in found if isinstance(one, Given)], [
            one for one in found if isinstance(one, Skipped)
        ]

    async def rows(self, given: Iterable[Given]) -> tuple[list[Row], Agreement]:
        """Have every answer judged by everybody, and measured."""
        tasks = [lambda one=one: self._judged(one) for one in given]
        found = await self.all("verdicts", tasks)
        return [row for row, _ in found], agreement([judgements for _, judgements in found])

    async def _judged(self, one: Given) -> tuple[Row, dict[tuple[str, int], Judgement]]:
        answer = one.failed or await one.asker.ask(one.said)
        asked = [(judge, run) for judge in self.judges for run in range(self.judge_runs)]
        said = [await self._judgement(judge, one, answer, run) for judge, run in asked]
        whole = merged(said)
        row = Row(
            system=one.asker.system.name,
            case=one.case.id,
            category=one.case.category,
            run=one.said.run,
            scores=scores(whole.verdicts),
            verdicts=whole.verdicts,
            remark=whole.remark,
            refused=whole.refused,
            measures=replace(measure(one.case, answer, one.asker.system), **await self._likeness(answer)),
            kept=one.asker.key(one.said),
        )
        return row, {
            (judge.name, run): judgement for (judge, run), judgement in zip(asked, said, strict=True)
        }

    async def _likeness(self, answer: Answer) -> dict[str, float | None]:
        if self.weights is None:
            return {}
        return asdict(await asyncio.to_thread(self.weights.of, answer.drawn))

    async def _judgement(self, judge: Judge, one: Given, answer: Answer, run: int) -> Judgement:
        if not answer.parts:
            return nothing_came(one.case, answer.failure or "Nothing came.")
        kept = Kept(self.folder, "verdicts")
        name = key(judge.identity, one.case.model_dump(), one.asker.key(one.said), run)
        if (before := kept.get(name)) is not None:
            return JUDGEMENT.validate_json(before)
        judgement = await judge.judge(one.case, one.said, answer, run)
        if judgement.refused is None and one.failed is None:
            kept.put(name, JUDGEMENT.dump_json(judgement))
        return judgement

    async def all(self, what: str, tasks: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Do everything, `at_once` at a time, with a bar that shows how far it is; one that raises ends the others."""
        free = asyncio.Semaphore(self.at_once)
        with tqdm(total=len(tasks), desc=what, unit="", smoothing=0, mininterval=2) as bar:

            async def done(task: Callable[[], Awaitable[T]]) -> T:
                async with free:
                    outcome = await task()
                bar.update()
                return outcome

            async with asyncio.TaskGroup() as group:
                running = [group.create_task(done(task)) for task in tasks]
        return [task.result() for task in running]


async def _answered(asker: Remembered, case: Case, run: int) -> Given | Skipped:
    turns = [asked(turn) for turn in case.turns]
    said = Conversation(turns[:1], (), _seed(asker.system.seed, case, run), run)
    try:
        for place in range(1, len(turns)):
            said = replace(said, turns=turns[: place + 1], answers=(*said.answers, await asker.ask(said)))
        answer = await asker.ask(said)
    except CannotAsk as error:
        return Skipped(asker.system.name, case.id, str(error))
    return Given(asker, case, said, answer if answer.outcome == "failed" else None)


def _seed(first: int | None, case: Case, run: int) -> int | None:
    """Another one for every case and run: pictures that share a seed share what is accidental about them."""
    return None if first is None else first + zlib.crc32(case.id.encode()) % 1_000_000 + 1_000_000 * run
