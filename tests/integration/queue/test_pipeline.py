"""Commands sent together have an answer each, and one deadline."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

import pytest
from redis.asyncio import Connection
from redis.exceptions import ResponseError

from tests.integration.queue.test_cancelled_commands import cancelled_after
from visualizer_service.queue import connection
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration

MOST_STEPS = 200
PAUSE_MS = 400


async def test_each_has_its_own_answer_an_error_included(redis_url: str) -> None:
    async with connect(redis_url) as redis, redis.pipeline(transaction=False) as pipeline:
        pipeline.set("badger", 7, px=60_000)
        pipeline.lpush("badger", "scarf")
        pipeline.get("badger")
        pipeline.exists("badger", "hare")
        pipeline.evalsha("0" * 40, 1, "badger", 1.5)
        told, wrong, seven, found, unknown = await pipeline.execute(raise_on_error=False)
    assert (told, seven, found) == (True, b"7", 1)
    assert "WRONGTYPE" in str(wrong)
    assert "NOSCRIPT" in f"{type(unknown).__name__} {unknown}".upper()


async def test_an_error_is_raised_where_errors_are_not_wanted_as_answers(redis_url: str) -> None:
    async with connect(redis_url) as redis, redis.pipeline(transaction=False) as pipeline:
        pipeline.set("badger", "red")
        pipeline.incr("badger")
        with pytest.raises(ResponseError):
            await pipeline.execute()
        assert await redis.get("badger") == b"red"


async def test_a_redis_that_does_not_answer_in_time_is_away_and_is_asked_again_while_there_is_patience(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect(redis_url) as operator:
        monkeypatch.setattr(connection, "ANSWER_S", PAUSE_MS / 4000)
        async with connect(redis_url, patience_s=0) as hasty, connect(redis_url, patience_s=30) as patient:
            await asyncio.gather(hasty.ping(), patient.ping())
            await operator.client_pause(PAUSE_MS)
            hurried, waiting = hasty.pipeline(transaction=False), patient.pipeline(transaction=False)
            for pipeline in (hurried, waiting):
                pipeline.ping()
            answers = asyncio.create_task(waiting.execute())
            with pytest.raises(connection.STORE_ERRORS):
                await hurried.execute()
            assert not answers.done()
            assert await answers == [True]


async def test_one_whose_event_loop_is_busy_for_too_long_as_it_sends_waits_no_longer_for_its_answers(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sends = Connection.send_packed_command

    async def sends_while_busy(
        self: Connection, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        # In the turn of the loop in which the command is written, others keep it busy.
        asyncio.get_running_loop().call_soon(time.sleep, PAUSE_MS / 2000)
        await sends(self, command, check_health)

    async with connect(redis_url) as operator:
        monkeypatch.setattr(connection, "ANSWER_S", PAUSE_MS / 4000)
        async with connect(redis_url, patience_s=0) as redis:
            await redis.ping()
            await operator.client_pause(PAUSE_MS)
            monkeypatch.setattr(Connection, "send_packed_command", sends_while_busy)
            pipeline = redis.pipeline(transaction=False)
            pipeline.ping()
            with pytest.raises(connection.STORE_ERRORS):
                await pipeline.execute()


async def test_one_that_is_cancelled_at_any_moment_leaves_no_answer_to_the_next(redis_url: str) -> None:
    steps = 0
    async with connect(redis_url) as redis:
        for steps in range(MOST_STEPS):
            pipeline = redis.pipeline(transaction=False)
            pipeline.set("badger", steps)
            pipeline.get("badger")
            was_cancelled = await cancelled_after(steps, asyncio.create_task(pipeline.execute()))
            assert await redis.echo("scarf") == b"scarf", f"cancelled after {steps} steps"
            if not was_cancelled:
                break
        assert 2 < steps < MOST_STEPS - 1
