from __future__ import annotations

import asyncio
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gateway.answer.document import Document, Picture
from gateway.answer.folding import fold
from tests.fakes import (
    PLAN_DONE,
    FakePool,
    ScriptedPlanner,
    ask,
    done,
    failed,
    says,
    slot,
)
from tests.unit.gateway.answer.stitching import stream
from tests.virtual_time import in_virtual_time
from visualizer_service.wire import Job, Progress, Started

REFERENCES = ((), ("img1",), ("img1", "img2"), ("img3",), ("img9",))


def replayed(rolls: list[int], lost: set[int]) -> Document:
    """One fixed plan, with its replies and plan events interleaved as `rolls` has it; the pictures in `lost` fail."""
    outcome: list[Document] = []

    @in_virtual_time
    async def run() -> None:
        gates = [asyncio.Event() for _ in REFERENCES]
        script = [[gate, says("text "), *slot(n, *REFERENCES[n])] for n, gate in enumerate(gates)]
        pool = FakePool(draws=False)
        pending: list[tuple[Job, list]] = []
        taken = 0
        events = await stream(ScriptedPlanner(*script, PLAN_DONE), pool, ask())

        async def direct() -> None:
            """Let one thing happen at a time: the plan goes on, or some job says its next word."""
            nonlocal taken
            turn = 0
            while True:
                await asyncio.sleep(1)
                for job in pool.jobs[taken:]:
                    last = failed() if job.slot in lost else done(job)
                    pending.append((job, [Started(worker="w1", at=0), Progress(step=1, of=2), last]))
                taken = len(pool.jobs)
                shut = [gate for gate in gates if not gate.is_set()]
                choices = len(pending) + bool(shut)
                if not choices:
                    continue
                roll = (rolls[turn % len(rolls)] if rolls else 0) % choices
                turn += 1
                if roll == len(pending):
                    shut[0].set()
                    continue
                job, replies = pending[roll]
                pool.say(job, replies.pop(0))
                if not replies:
                    del pending[roll]

        director = asyncio.create_task(direct())
        document = fold([event async for event in events])
        director.cancel()
        outcome.append(timeless(document))

    run()
    return outcome[0]


def timeless(document: Document) -> Document:
    """The document without what depends on when things happened."""
    times = {"started_at": 0.0, "plan_started_at": 0.0, "plan_ended_at": 0.0, "ended_at": 0.0}
    when = {
        "opened_at": 0.0,
        "closed_at": 0.0,
        "queued_at": 0.0,
        "started_at": 0.0,
        "delivered_at": 0.0,
        "timings": None,
    }
    items = tuple(replace(item, **when) if isinstance(item, Picture) else item for item in document.items)
    return replace(document, items=items, **times)


@given(st.lists(st.integers(0, 20), max_size=40), st.sets(st.integers(0, 4)))
def test_whatever_order_replies_come_in_the_answer_is_the_same(rolls: list[int], lost: set[int]):
    assert replayed(rolls, lost) == replayed([], lost)
