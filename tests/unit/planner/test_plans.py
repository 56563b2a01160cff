"""However a plan goes, it has one end."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry

from planner_service.backend import Chunk
from planner_service.errors import EngineFailed, PlannerUnavailable, PlanRefused, UpstreamFailed
from planner_service.metrics import Metrics
from planner_service.plans import Plan, Plans
from planner_service.wire import PlanDone, PlanEvent, PlanFailed, Slot, SlotOpen, TextDelta
from tests.unit.planner.scripted import STORY, USAGE, ScriptedBackend, plan_request


@pytest.fixture
def metrics() -> Metrics:
    return Metrics(CollectorRegistry())


def outcomes(metrics: Metrics) -> dict[str, float]:
    samples = next(iter(metrics.plans.collect())).samples
    return {
        sample.labels["outcome"]: sample.value for sample in samples if sample.name == "planner_plans_total"
    }


async def all_events(plan: Plan) -> list[PlanEvent]:
    events: list[PlanEvent] = []
    while not events or not isinstance(events[-1], PlanDone | PlanFailed):
        events.extend(await plan.next_events())
    return events


async def test_a_plan_is_read_into_events_and_counted(metrics: Metrics):
    plan = await Plans(ScriptedBackend(*STORY), metrics, 10).begin(plan_request())
    assert await all_events(plan) == [
        TextDelta(text="A fox. "),
        SlotOpen(index=0),
        Slot(index=0, description="A red fox."),
        TextDelta(text=" The"),
        TextDelta(text=" end."),
        PlanDone(finish_reason="stop", usage=USAGE),
    ]
    plan.close()
    assert outcomes(metrics) == {"stop": 1}
    assert metrics.registry.get_sample_value("planner_slots_total") == 1
    assert metrics.registry.get_sample_value("planner_plans_open") == 0
    assert metrics.registry.get_sample_value("planner_first_event_seconds_count") == 1


@pytest.mark.parametrize(
    ("last", "code"),
    [
        (EngineFailed(), "engine_failed"),
        (UpstreamFailed(), "upstream_failed"),
        (Chunk("<imagine></imagine>"), "malformed_plan"),
        (RuntimeError("a bug"), "engine_failed"),
        (Chunk("and then nothing"), "engine_failed"),
    ],
)
async def test_what_came_before_a_failure_stands(metrics: Metrics, last: Chunk | Exception, code: str):
    plan = await Plans(ScriptedBackend(Chunk("A fox. "), last), metrics, 10).begin(plan_request())
    events = await all_events(plan)
    assert events[0] == TextDelta(text="A fox. ")
    assert events[-1] == PlanFailed.model_validate({"code": code})
    assert outcomes(metrics) == {code: 1}


async def test_a_plan_that_takes_too_long_is_aborted(metrics: Metrics):
    backend = ScriptedBackend(Chunk("A fox. "), ScriptedBackend.WAIT)
    plan = await Plans(backend, metrics, 0.01).begin(plan_request())
    last = (await all_events(plan))[-1]
    assert isinstance(last, PlanFailed)
    assert last.code == "deadline"
    assert re.fullmatch(r"The planner was not done after 0\.\d s; it may take 0\.01 s\.", last.message or "")
    assert backend.aborted.is_set()


async def test_closing_a_plan_aborts_it(metrics: Metrics):
    backend = ScriptedBackend(ScriptedBackend.WAIT)
    plan = await Plans(backend, metrics, 10).begin(plan_request())
    await backend.waiting.wait()
    plan.close()
    await backend.aborted.wait()
    assert outcomes(metrics) == {"closed": 1}


async def test_a_process_that_stops_takes_no_plans_and_fails_the_open_ones_at_last(metrics: Metrics):
    backend = ScriptedBackend(Chunk("A fox. "), ScriptedBackend.WAIT)
    plans = Plans(backend, metrics, 10)
    plan = await plans.begin(plan_request())
    await backend.waiting.wait()
    plans.drain()
    with pytest.raises(PlannerUnavailable):
        await plans.begin(plan_request())
    assert not backend.aborted.is_set()
    plans.fail_all()
    assert await all_events(plan) == [TextDelta(text="A fox. "), PlanFailed(code="shutting_down")]
    await backend.aborted.wait()
    assert outcomes(metrics) == {"unavailable": 1, "shutting_down": 1}


async def test_a_refused_plan_is_counted_as_such(metrics: Metrics):
    plans = Plans(ScriptedBackend(refuses=PlanRefused("too long", "prompt_too_long")), metrics, 10)
    with pytest.raises(PlanRefused, match="too long"):
        await plans.begin(plan_request())
    assert outcomes(metrics) == {"refused": 1}
