"""The gateway that most tests here talk to: a scripted planner that tells `STORY`, a pool that draws at once, and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, sdk


@pytest.fixture
def planner():
    return Planner(*STORY)


@pytest.fixture
def pool(redis: Redis):
    return Pool(redis)


@pytest.fixture
async def app(redis: Redis, planner: Planner, pool: Pool):
    async with gateway(redis, planner, pool) as app:
        yield app


@pytest.fixture
async def http(app):
    async with client(app) as http:
        yield http


@pytest.fixture
async def api(app):
    async with sdk(app) as api:
        yield api


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    """What a test opens, closed in reverse order at its end."""
    async with AsyncExitStack() as stack:
        yield stack
