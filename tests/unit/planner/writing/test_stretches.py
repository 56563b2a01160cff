"""What a plan took is told, whoever counted it and however its stretches ended."""

from __future__ import annotations

import pytest

from planner_service.backend import Chunk
from planner_service.wire import PlanDone, PlanEvent, PlanUsage
from tests.unit.planner.scripted import ScriptedBackend
from tests.unit.planner.writing.test_answer import END, events_of, tag


def usage_of(events: list[PlanEvent]) -> PlanUsage:
    assert isinstance(events[-1], PlanDone), events[-1]
    return events[-1].usage


async def test_a_plan_that_a_stop_string_ends_before_anybody_counted_is_reckoned():
    backend = ScriptedBackend(Chunk("A fox sat on a hill. END"), Chunk(" more"), END)
    assert usage_of(await events_of(backend, stop=("END",))) == PlanUsage(input_tokens=0, output_tokens=6)


async def test_so_is_one_that_pauses_with_its_picture():
    backend = ScriptedBackend(Chunk(f"A fox. {tag(1)}"), END)
    usage = usage_of(await events_of(backend, pauses=True))
    assert usage == PlanUsage(input_tokens=0, output_tokens=backend.count(f"A fox. {tag(1)}"))


async def test_and_one_whose_server_never_counts_with_its_thoughts():
    backend = ScriptedBackend(Chunk("", thought="Let me see."), Chunk("A fox.", "stop"))
    assert usage_of(await events_of(backend)) == PlanUsage(
        input_tokens=0, output_tokens=5, reasoning_tokens=3
    )


@pytest.mark.parametrize("pauses", [True, False])
async def test_what_was_counted_is_told_as_it_is(pauses: bool):
    counted = PlanUsage(input_tokens=5, output_tokens=30)
    backend = ScriptedBackend(Chunk(f"A fox. {tag(1)}", "stop", counted))
    assert usage_of(await events_of(backend, pauses=pauses)) == counted
