from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.integration.worker.bench import Bench, a_bench


@pytest.fixture
async def bench(redis: Redis) -> AsyncIterator[Bench]:
    async with a_bench(redis) as bench:
        yield bench
