"""A studio before a gateway with a scripted planner. Pictures are painted at once unless a test holds the brush itself.

A browser takes seconds to start, so all tests share one, and with it an event loop; each has a profile and a gateway of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from fastapi import FastAPI
from playwright.async_api import Browser, Page
from redis.asyncio import Redis

from tests.browser.chromium import chromium
from tests.browser.studio import Studio
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import Planner, Pool, gateway, listening
from visualizer_service.queue.connection import connect

STORY = (
    says("A fox lived by the wood."),
    slot(0, description="a fox before a house"),
    says("One day it found the sea."),
    slot(1, "img1", description="the fox at the sea"),
    PLAN_DONE,
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """As everywhere, but in the loop of the browser."""
    async with connect(redis_url) as client:
        await client.flushall()
        yield client


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield await context.new_page()
    await context.close()


@pytest.fixture
def planner() -> Planner:
    return Planner(*STORY)


@pytest.fixture
def pool(redis: Redis) -> Pool:
    return Pool(redis)


@pytest_asyncio.fixture(loop_scope="session")
async def app(redis: Redis, planner: Planner, pool: Pool) -> AsyncIterator[FastAPI]:
    async with gateway(redis, planner, pool) as app:
        yield app


@pytest_asyncio.fixture(loop_scope="session")
async def studio(app: FastAPI, page: Page) -> AsyncIterator[Studio]:
    async with listening(app) as url, Studio.opened(page, url) as studio:
        yield studio
