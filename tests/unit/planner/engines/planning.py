"""The `openai` backend before a server that says what it is told to, and the plans that come of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from planner_service.engines.upstream import UpstreamBackend
from planner_service.settings import Settings
from tests.unit.planner.engines.upstream_server import Upstream

LONG = "A red fox stands on a green hill at dawn, soft light, wide view, watercolour."


@asynccontextmanager
async def backend_of(upstream: Upstream, **settings: Any) -> AsyncIterator[UpstreamBackend]:
    async with upstream.served() as url:
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url, **settings))
        try:
            yield backend
        finally:
            await backend.close()
