"""Jobs as a gateway would submit them, and their replies as it would read them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from visualizer_service.client import Pool
from visualizer_service.wire import Cancelled, Done, Failed, Job, Reply

POOL = "test"
FINAL = (Done, Failed, Cancelled)
"""What a job ends with."""
WAIT_S = 30.0
_numbers = count()


def a_job(**changes) -> Job:
    now = time.time()
    values = {
        "id": f"job{next(_numbers)}",
        "response": "resp",
        "slot": 0,
        "description": "a fox",
        "width_px": 64,
        "height_px": 64,
        "seed": 1,
        "queued_at": now,
        "deadline": now + 60,
        "reply_to": "gateway",
    }
    return Job(**(values | changes))


async def backlog(pool: Pool) -> int:
    """Jobs that wait for a worker; those being drawn are not counted."""
    return sum((await pool.waiting()).values())


async def next_reply(inbox: asyncio.Queue[Reply]) -> Reply:
    return await asyncio.wait_for(inbox.get(), WAIT_S)


def timeless(event: Any) -> Any:
    """What a worker says, whatever device time it took."""
    return event.model_copy(update={"gpu_s": None})


async def replies_to_the_end(inbox: asyncio.Queue[Reply], jobs: int = 1) -> list[Reply]:
    """All replies until as many jobs have ended."""
    replies = []
    while jobs:
        replies.append(await next_reply(inbox))
        jobs -= isinstance(replies[-1].event, FINAL)
    return replies


async def until(event_type: type, inbox: asyncio.Queue[Reply]) -> Reply:
    """The next reply of a kind; others are skipped."""
    while not isinstance((reply := await next_reply(inbox)).event, event_type):
        pass
    return reply


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(WAIT_S):
        for _ in count():
            if await condition():
                return
            await asyncio.sleep(0.02)
