"""One run: answers under way all the time, a fault in the middle of them, and a verdict once all of them are over."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass

from tests.faults.processes.answers import Answer, Client
from tests.faults.processes.checks import Verdict, judge
from tests.faults.processes.faults import DESTROYS, FAULTS
from tests.faults.processes.script import Script
from tests.faults.processes.system import System

BEFORE_S = 2.0
AFTER_S = 3.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """`again_s` is from the fault to the end of the first whole answer that was begun after it."""

    fault: str
    verdict: Verdict
    again_s: float
    pause_s: float

    @property
    def is_good(self) -> bool:
        """Whether nothing went wrong that need not have."""
        verdict = self.verdict
        if self.fault in DESTROYS:
            return not (verdict.lost or verdict.hung or verdict.doubled or verdict.wrong)
        return verdict.is_clean


async def run(system: System, fault: str, seed: int, at_once: int) -> Outcome:
    """Ask all the time, `at_once` at a time, and let this fault happen."""
    chance = random.Random(seed)
    client = Client(system.urls, chance)
    answers: list[Answer] = []
    ends: list[tuple[float, float]] = []
    is_over = asyncio.Event()

    async def ask_on(number: int) -> None:
        count = 0
        await asyncio.sleep(chance.uniform(0, 2))
        while not is_over.is_set():
            count += 1
            script = Script(
                name=f"s{seed}n{number}c{count}",
                pictures=chance.randint(1, 4),
                words=chance.randint(3, 10),
                pace_s=chance.uniform(0.02, 0.12),
            )
            answer = client.answer(script)
            answers.append(answer)
            began = time.monotonic()
            await client.through(answer)
            ends.append((began, time.monotonic()))

    async with asyncio.TaskGroup() as asking:
        for number in range(at_once):
            asking.create_task(ask_on(number))
        await asyncio.sleep(BEFORE_S + chance.uniform(0, 2))
        broken_at = time.monotonic()
        await FAULTS[fault](system, chance)
        await system.ready()
        await asyncio.sleep(AFTER_S)
        is_over.set()
    verdict = await judge(answers, system.urls)
    await client.close()
    again = [end - broken_at for began, end in ends if began >= broken_at]
    return Outcome(
        fault,
        verdict,
        min(again, default=float("nan")),
        max((answer.pause_s for answer in answers), default=0.0),
    )
