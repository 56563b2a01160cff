"""The planner process and signals; an upstream server stands in for the engine, so that it starts at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from planner_service.client import Planner
from planner_service.wire import PlanDone, PlanFailed, TextDelta
from tests.integration.planner.planner_process import PlannerProcess
from tests.unit.planner.engines.upstream_server import Upstream
from tests.unit.planner.scripted import plan_request

pytestmark = pytest.mark.integration


async def test_sigterm_fails_what_outlasts_the_grace_time_and_the_process_ends_well(tmp_path: Path):
    async with Upstream("A fox. ", hangs=True).served() as url:
        service = PlannerProcess(tmp_path / "log", backend="openai", upstream_url=url, grace_s="0.1")
        await asyncio.to_thread(service.__enter__)
        try:
            async with Planner(service.url) as planner:
                plan = planner.plan(plan_request())
                assert await anext(plan) == TextDelta(text="A fox. ")
                service.process.terminate()
                assert [event async for event in plan] == [PlanFailed(code="shutting_down")]
            assert await asyncio.to_thread(service.process.wait, 20) == 0
        finally:
            await asyncio.to_thread(service.__exit__, None, None, None)


async def test_a_process_plans_through_an_upstream_server_without_loading_an_engine(tmp_path: Path):
    async with Upstream("A fox. ").served() as url:
        service = PlannerProcess(tmp_path / "log", backend="openai", upstream_url=url)
        await asyncio.to_thread(service.__enter__)
        try:
            async with Planner(service.url) as planner:
                events = [event async for event in planner.plan(plan_request())]
            assert isinstance(events[-1], PlanDone)
            assert not service.children()
        finally:
            await asyncio.to_thread(service.__exit__, None, None, None)
