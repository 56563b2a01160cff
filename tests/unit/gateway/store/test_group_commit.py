"""Writes of many answers go to Redis together, and each has its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import pytest
from redis.exceptions import ConnectionError, ResponseError

from gateway.store.group_commit import MOST_TOGETHER, GroupCommit
from tests.virtual_time import VirtualLoop


class FakeRedis:
    """Answers each write with its only argument, in a second; notes what was sent together. `fails` says what becomes of a write among others."""

    def __init__(self, fails: dict[str, Exception] | None = None, away: Exception | None = None) -> None:
        self.sent: list[list[str]] = []
        self._fails, self._away = fails or {}, away

    def register_script(self, text: str) -> Any:
        async def run(keys: list[str], arguments: list[str]) -> list[Any]:
            assert keys == ["key"] * len(arguments)
            self.sent.append(arguments)
            await asyncio.sleep(1)
            if self._away is not None:
                raise self._away
            fails = self._fails if len(arguments) > 1 else {}
            return [fails.get(argument, argument) for argument in arguments]

        return run


class Posted:
    """A write that nobody waits for."""

    def __init__(self, argument: str, answered: Callable[[Any], Any]) -> None:
        self._argument, self.answered = argument, answered

    def prepare(self) -> Any:
        return ["key"], [self._argument]

    def failed(self, error: BaseException) -> None:
        raise AssertionError(error)


async def written(redis: Any, *arguments: str) -> list[Any]:
    commit = GroupCommit(redis, "script")
    return await asyncio.gather(
        *(commit.run(["key"], [argument]) for argument in arguments), return_exceptions=True
    )


def run(work: Any) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def test_a_write_goes_at_once_and_those_that_come_meanwhile_go_together():
    redis: Any = FakeRedis()

    async def work() -> list[Any]:
        commit = GroupCommit(redis, "script")
        first = asyncio.create_task(commit.run(["key"], ["a"]))
        await asyncio.sleep(0.5)
        return [*await asyncio.gather(*(commit.run(["key"], [name]) for name in "bcd")), await first]

    assert run(work()) == ["b", "c", "d", "a"]
    assert redis.sent == [["a"], ["b", "c", "d"]]


def test_a_write_that_redis_refuses_is_tried_again_alone_and_harms_no_other():
    redis = FakeRedis(fails={"b": ResponseError("READONLY")})
    assert run(written(redis, "a", "b", "c")) == ["a", "b", "c"]
    assert redis.sent == [["a", "b", "c"], ["b"]]


def test_a_crowd_of_writes_does_not_keep_redis_from_others():
    redis: Any = FakeRedis()
    names = [str(number) for number in range(MOST_TOGETHER + 1)]
    assert run(written(redis, *names)) == names
    assert [len(sent) for sent in redis.sent] == [MOST_TOGETHER, 1]


def test_whoever_writes_while_redis_is_away_is_told():
    answers = run(written(FakeRedis(away=ConnectionError("away")), "a", "b"))
    assert [type(answer) for answer in answers] == [ConnectionError, ConnectionError]


def test_a_writer_that_leaves_holds_up_nobody():
    redis: Any = FakeRedis()

    async def work() -> str:
        commit = GroupCommit(redis, "script")
        leaves, stays = (asyncio.create_task(commit.run(["key"], [name])) for name in "ab")
        await asyncio.sleep(0.5)
        leaves.cancel()
        return await stays

    assert run(work()) == "b"


@pytest.mark.parametrize("how_many", [1, 3])
def test_writers_whose_process_ends_are_not_left_waiting(how_many: int):
    async def work() -> list[Any]:
        writing = asyncio.create_task(written(FakeRedis(), *"abc"[:how_many]))
        await asyncio.sleep(0.5)
        (sending,) = (task for task in asyncio.all_tasks() if task.get_name() == "group commit")
        sending.cancel()
        return await writing

    assert all(isinstance(answer, asyncio.CancelledError) for answer in run(work()))


def test_one_who_fails_at_what_it_is_told_keeps_it_from_no_other():
    redis: Any = FakeRedis()
    told: list[Any] = []

    async def work() -> None:
        commit = GroupCommit(redis, "script")
        for name, tell in (("a", [].pop), ("b", told.append), ("c", told.append)):
            commit.post(Posted(name, tell))
        await asyncio.sleep(3)

    run(work())
    assert told == ["b", "c"]


def test_what_is_known_of_the_first_writer_is_not_said_of_others():
    asking = ContextVar("asking", default="nobody")
    redis: Any = FakeRedis()
    found: list[Any] = []

    async def work() -> None:
        asking.set("the first")
        commit = GroupCommit(redis, "script")
        commit.post(Posted("a", lambda _: found.append(asking.get())))
        await asyncio.sleep(3)

    run(work())
    assert found == ["nobody"]
