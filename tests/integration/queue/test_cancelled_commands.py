"""A command that is cancelled, by a time limit say, must leave nothing behind that spoils another."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.redis_server import RedisServer
from visualizer_service.queue import connection
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration

MOST_STEPS = 200
GENEROUSLY_S = 10
"""Far less than the patience of a client."""


async def cancelled_after(steps: int, command: asyncio.Task[object]) -> bool:
    """Let the event loop turn so often, then cancel; whether it came to that."""
    for _ in range(steps):
        await asyncio.sleep(0)
    if command.done():
        return False
    command.cancel()
    with pytest.raises(asyncio.CancelledError):
        await command
    return True


async def test_a_connection_whose_first_command_is_cancelled_at_any_moment_serves_the_next_one(
    redis_url: str,
) -> None:
    async with connect(redis_url) as redis:
        await redis.hset("fox", "scarf", "blue")
    for steps in range(MOST_STEPS):
        # A client of its own: its first command connects, and tells Redis which protocol it speaks.
        async with connect(redis_url) as redis:
            was_cancelled = await cancelled_after(steps, asyncio.create_task(redis.hgetall("fox")))
            assert await redis.hgetall("fox") == {b"scarf": b"blue"}, f"cancelled after {steps} steps"
        if not was_cancelled:
            break
    assert 10 < steps < MOST_STEPS - 1


async def test_a_command_that_is_cancelled_while_redis_hangs_is_tried_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", 0.1)
    server = RedisServer(tmp_path)
    server.start()
    try:
        for steps in range(1, 8):
            async with connect(server.url) as redis:
                await redis.ping()
                with server.hung():
                    command = asyncio.create_task(redis.ping())
                    for _ in range(steps):
                        await asyncio.sleep(0)
                    command.cancel()
                    ended, _ = await asyncio.wait([command], timeout=GENEROUSLY_S)
                    assert ended, f"cancelled after {steps} steps"
                    assert command.cancelled(), f"cancelled after {steps} steps"
    finally:
        server.stop()
