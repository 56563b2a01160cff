"""A run that is cut off goes on where it stood, and nothing is asked or judged twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.answers.answer import Answer, Text
from bench.answers.cases.case import Case
from bench.answers.cases.loading import WORLD, load
from bench.answers.judging.verdict import Judgement, Verdict
from bench.answers.running import Bench
from bench.answers.systems.system import CannotAsk, Conversation, System

CASES = [case for case in load([WORLD]) if case.category in ("words", "turns")]


class Killed(BaseException):
    """As a signal would end it."""


class Parrot:
    """Answers with the last turn; `dies_after` so many answers it is killed."""

    def __init__(self, version: str = "1", dies_after: int = 10_000, fails: bool = False) -> None:
        self.system = System(name="parrot", url="http://nowhere", model="m", version=version, seed=1)
        self.heard: list[Conversation] = []
        self._dies_after, self._fails = dies_after, fails

    async def ask(self, said: Conversation) -> Answer:
        if len(self.heard) == self._dies_after:
            raise Killed
        self.heard.append(said)
        if self._fails:
            return Answer((), "failed", "down")
        return Answer((Text(said.turns[-1].text),), "completed")


class Mild:
    """Says yes to everything; `dies_after` so many judgements it is killed."""

    name, identity = "mild", "mild"

    def __init__(self, dies_after: int = 10_000, refuses: bool = False) -> None:
        self.judged: list[tuple[str, int]] = []
        self._dies_after, self._refuses = dies_after, refuses

    async def judge(self, case: Case, said: Conversation, answer: Answer, run: int) -> Judgement:
        if len(self.judged) == self._dies_after:
            raise Killed
        self.judged.append((case.id, run))
        if self._refuses:
            return Judgement(refused="rather not")
        return Judgement(tuple(Verdict("adherence", one.ask, 1.0) for one in case.rubric["adherence"]))


async def answered(folder: Path, parrot: Parrot, runs: int = 1) -> int:
    bench = Bench(folder, (), at_once=1)
    given, _ = await bench.answers([bench.remembered(parrot)], CASES, runs)
    return len(given)


async def test_answers_that_were_given_before_a_kill_are_not_asked_for_again(tmp_path: Path) -> None:
    with pytest.raises(BaseExceptionGroup) as died:
        await answered(tmp_path, Parrot(dies_after=5))
    assert died.group_contains(Killed)
    later = Parrot()
    assert await answered(tmp_path, later) == len(CASES)
    assert len(later.heard) == sum(len(case.turns) for case in CASES) - 5


async def test_verdicts_that_were_given_before_a_kill_are_not_asked_for_again(tmp_path: Path) -> None:
    async def judged(judge: Mild) -> int:
        bench = Bench(tmp_path, [judge], judge_runs=2, at_once=1)
        given, _ = await bench.answers([bench.remembered(Parrot())], CASES, 1)
        rows, _ = await bench.rows(given)
        return len(rows)

    with pytest.raises(BaseExceptionGroup):
        await judged(Mild(dies_after=7))
    later = Mild()
    assert await judged(later) == len(CASES)
    assert len(later.judged) == 2 * len(CASES) - 7


async def test_what_is_asked_twice_has_another_seed_and_is_asked_twice(tmp_path: Path) -> None:
    parrot = Parrot()
    await answered(tmp_path, parrot, runs=2)
    seeds = [said.seed for said in parrot.heard if said.turns[-1].text == CASES[-1].turns[-1].ask]
    assert len(set(seeds)) == 2


async def test_another_version_is_asked_anew(tmp_path: Path) -> None:
    await answered(tmp_path, Parrot())
    later = Parrot(version="2")
    await answered(tmp_path, later)
    assert len(later.heard) == sum(len(case.turns) for case in CASES)


async def test_later_turns_know_the_answers_to_earlier_ones(tmp_path: Path) -> None:
    parrot = Parrot()
    await answered(tmp_path, parrot)
    second = next(said for said in parrot.heard if len(said.turns) == 2)
    assert [answer.text for answer in second.answers] == [second.turns[0].text]


async def test_a_failed_answer_gets_no_marks_and_is_asked_for_again_another_time(tmp_path: Path) -> None:
    judge = Mild()
    bench = Bench(tmp_path, [judge], at_once=1)
    given, _ = await bench.answers([bench.remembered(Parrot(fails=True))], CASES[:1], 1)
    (row,), _ = await bench.rows(given)
    assert set(row.scores.values()) == {0}
    assert row.remark == "down"
    assert judge.judged == []
    later = Parrot()
    await answered(tmp_path, later)
    assert CASES[0].turns[-1].ask in {said.turns[-1].text for said in later.heard}


async def test_what_cannot_be_asked_is_told_and_left_out(tmp_path: Path) -> None:
    class Narrow(Parrot):
        async def ask(self, said: Conversation) -> Answer:
            if len(said.turns) > 1:
                raise CannotAsk("it takes a single turn")
            return await super().ask(said)

    bench = Bench(tmp_path, (), at_once=1)
    given, skipped = await bench.answers([bench.remembered(Narrow())], CASES, 1)
    assert {one.case for one in skipped} == {case.id for case in CASES if len(case.turns) > 1}
    assert len(given) + len(skipped) == len(CASES)


async def test_an_answer_that_no_judge_would_judge_has_no_scores_and_says_why(tmp_path: Path) -> None:
    bench = Bench(tmp_path, [Mild(refuses=True)], at_once=1)
    given, _ = await bench.answers([bench.remembered(Parrot())], CASES[:1], 1)
    (row,), _ = await bench.rows(given)
    assert (row.scores, row.refused) == ({}, "rather not")


async def test_a_judge_that_will_not_leaves_the_verdict_to_the_other(tmp_path: Path) -> None:
    class Other(Mild):
        name, identity = "other", "other"

    bench = Bench(tmp_path, [Other(refuses=True), Mild()], at_once=1)
    given, _ = await bench.answers([bench.remembered(Parrot())], CASES[:1], 1)
    (row,), _ = await bench.rows(given)
    assert row.scores == {"adherence": 10}


async def test_how_far_judges_and_runs_agree_is_told(tmp_path: Path) -> None:
    class Moody(Mild):
        """Says no to everything in its second run."""

        name, identity = "moody", "moody"

        async def judge(self, case: Case, said: Conversation, answer: Answer, run: int) -> Judgement:
            judgement = await super().judge(case, said, answer, run)
            return Judgement(tuple(replace(one, share=1.0 - run) for one in judgement.verdicts))

    bench = Bench(tmp_path, [Mild(), Moody()], judge_runs=2, at_once=1)
    given, _ = await bench.answers([bench.remembered(Parrot())], CASES, 1)
    rows, agreement = await bench.rows(given)
    assert agreement.runs["mild"].share == 1
    assert agreement.runs["moody"].share == 0
    assert agreement.judges["mild and moody"].share == 1
    assert {one.share for row in rows for one in row.verdicts} == {0.75}
