"""The `openai` backend before a server that says what it is told to, and the plans that come of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from planner_service.engines.upstream import UpstreamBackend
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.settings import Settings
from planner_service.wire import (
    PlanDone,
    PlanEvent,
    PlanFailed,
)
from tests.unit.planner.engines.upstream_server import Upstream
from tests.unit.planner.scripted import plan_request

FOX = "a small red fox in a blue scarf on the beach at dusk"


LONG = "A red fox stands on a green hill at dawn, soft light, wide view, watercolour."


@asynccontextmanager
async def backend_of(upstream: Upstream, **settings: Any) -> AsyncIterator[UpstreamBackend]:
    async with upstream.served() as url:
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url, **settings))
        try:
            yield backend
        finally:
            await backend.close()


async def events_of(backend: UpstreamBackend, **fields: object) -> list[PlanEvent]:
    plan = await Plans(backend, Metrics(CollectorRegistry()), 10).begin(plan_request(**fields))
    events: list[PlanEvent] = []
    while not events or not isinstance(events[-1], PlanDone | PlanFailed):
        events.extend(await plan.next_events())
    return events
