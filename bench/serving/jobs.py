"""Jobs put in a pool's line without a gateway, for what a gateway would hide or is to be compared with."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from visualizer_service.client import Pool, connect
from visualizer_service.wire import Job, JobEvent, Reply

WAIT_S = 60.0

Event = TypeVar("Event", bound=JobEvent)


@asynccontextmanager
async def pool(redis_url: str, name: str) -> AsyncGenerator[Pool]:
    """A pool as a gateway sees it."""
    async with connect(redis_url) as redis, Pool(redis, name, f"bench-{secrets.token_hex(4)}") as joined:
        yield joined


@dataclass(frozen=True, slots=True)
class Line:
    """The jobs of one response, and what becomes of them."""

    pool: Pool
    response: str
    inbox: asyncio.Queue[Reply]

    async def submit(self, slot: int, description: str, steps: int | None = None) -> None:
        """Put a picture of 512² pixels in line; without steps it takes as many as the model does by itself."""
        now = time.time()
        job = Job(
            id=f"{self.response}-{slot}",
            response=self.response,
            slot=slot,
            description=description,
            width_px=512,
            height_px=512,
            seed=slot,
            steps=steps,
            queued_at=now,
            deadline=now + WAIT_S,
            reply_to=self.pool.gateway_id,
        )
        await self.pool.submit(job)

    async def next(self, kind: type[Event]) -> Event:
        """The next reply of a kind; others are passed over. Raises TimeoutError."""
        async with asyncio.timeout(WAIT_S):
            while True:
                event = (await self.inbox.get()).event
                if isinstance(event, kind):
                    return event


@asynccontextmanager
async def line(joined: Pool) -> AsyncGenerator[Line]:
    """A response of its own in a pool."""
    response = f"bench-{secrets.token_hex(6)}"
    with joined.route(response) as inbox:
        yield Line(joined, response, inbox)
