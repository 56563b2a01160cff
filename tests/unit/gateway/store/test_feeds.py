"""Many readers in one process: one of them asks Redis, and what the process itself writes needs nobody to ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from redis.exceptions import ReadOnlyError

from gateway.answer import events as ev
from gateway.answer.document import Text
from gateway.answer.errors import NotFound, StoreUnavailable
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.store.feed import Feed
from gateway.store.follow import Follower
from gateway.store.ledger import Ledger
from gateway.timeouts import Timeouts
from tests.fakes import ask
from tests.faults.model_redis import Client
from tests.faults.model_server import Server
from tests.virtual_time import VirtualLoop

REQUEST = ask()
TEXT: list[GatewayEvent] = [
    ev.ResponseStarted(at=1),
    ev.TextStarted(at=1, item=0),
    *(ev.TextDelta(at=1, item=0, text=f"word{number} ") for number in range(6)),
]
END: list[GatewayEvent] = [ev.TextDone(at=2, item=0, text="…"), ev.ResponseCompleted(at=2)]
TIMEOUTS = Timeouts(store_s=5, owner_lost_s=4, beat_s=1)


class CountingClient(Client):
    """Counts how often it is asked for what is new."""

    reads = 0

    async def xread(self, *args: Any, **named: Any) -> Any:
        self.reads += 1
        return await super().xread(*args, **named)


class Process:
    """One gateway process, as far as it reads and writes answers."""

    def __init__(self, server: Server) -> None:
        self.client: Any = CountingClient(server)
        self.ledger = Ledger(self.client, 100)
        self.follower = Follower(self.ledger, TIMEOUTS, server.now)

    async def read(self, id: str = REQUEST.id) -> list[tuple[int, GatewayEvent]]:
        async with aclosing(self.follower.follow(id)) as events:
            return [numbered async for numbered in events]


@asynccontextmanager
async def processes(server: Server) -> AsyncIterator[tuple[Process, Process]]:
    """The one that writes, and another; the response is begun."""
    one, two = Process(server), Process(server)
    await one.ledger.create(REQUEST, "gw_1")
    async with one.follower, two.follower:
        yield one, two


async def write(process: Process, pause_s: float = 0.1) -> None:
    for number, event in enumerate([*TEXT, *END], start=1):
        await asyncio.sleep(pause_s)
        assert await process.ledger.append(REQUEST, "gw_1", number, [event]) == "written"


def run(work: Any) -> Any:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)


def test_any_number_of_readers_at_any_process_get_all_of_it():
    async def work() -> None:
        async with processes(Server()) as (one, two):
            reading = [asyncio.create_task(process.read()) for process in (one, two) * 50]
            await write(one)
            late = await one.read()
            for told in [*await asyncio.gather(*reading), late]:
                assert told == list(enumerate([*TEXT, *END], start=1))

    run(work())


def test_many_readers_ask_redis_no_more_often_than_one():
    async def reads(how_many: int) -> int:
        async with processes(Server()) as (one, two):
            reading = [asyncio.create_task(two.read()) for _ in range(how_many)]
            await write(one)
            await asyncio.gather(*reading)
            return two.client.reads

    assert run(reads(100)) <= run(reads(1)) + 1


def test_what_a_process_writes_itself_it_does_not_read_back():
    async def work() -> tuple[int, int]:
        async with processes(Server()) as (one, two):
            reading = [asyncio.create_task(process.read()) for process in (one, two)]
            await write(one)
            await asyncio.gather(*reading)
            return one.client.reads, two.client.reads

    own, others = run(work())
    assert own == 0 < others


def test_a_reader_who_comes_in_the_middle_is_told_all_of_what_its_process_writes():
    async def work() -> int:
        async with processes(Server()) as (one, _):
            writing = asyncio.create_task(write(one))
            await asyncio.sleep(0.35)
            assert await one.read() == list(enumerate([*TEXT, *END], start=1))
            await writing
            return one.client.reads

    assert run(work()) == 0


@pytest.mark.parametrize("ends", [True, False])
def test_what_nobody_reads_is_kept_no_longer_than_it_is_written(ends):
    async def work() -> int:
        async with processes(Server()) as (one, _):
            for number in range(20):
                id = f"resp_{number}"
                await one.ledger.create(ask(id), "gw_1")
                await one.ledger.append(ask(id), "gw_1", 1, [*TEXT, *END] if ends else TEXT)
            assert one.follower.reads() == ()
            await asyncio.sleep(0 if ends else 3 * TIMEOUTS.beat_s)
            return len(one.follower._feeds._feeds.keys() - {REQUEST.id})

    assert run(work()) == 0


def test_a_reader_of_what_its_process_wrote_long_ago_asks_redis():
    async def work() -> None:
        async with processes(Server()) as (one, _):
            await one.ledger.append(REQUEST, "gw_1", 1, TEXT)
            await asyncio.sleep(3 * TIMEOUTS.beat_s)
            reading = asyncio.create_task(one.read())
            await asyncio.sleep(0.5)
            await one.ledger.append(REQUEST, "gw_1", len(TEXT) + 1, END)
            assert await reading == list(enumerate([*TEXT, *END], start=1))

    run(work())


def test_a_reader_that_comes_while_others_wait_is_served_at_once():
    async def work() -> float:
        server = Server()
        async with processes(server) as (one, two):
            await one.ledger.append(REQUEST, "gw_1", 1, TEXT)
            waiting = asyncio.create_task(two.read())
            await asyncio.sleep(0.3)
            other = ask("resp_2")
            await one.ledger.create(other, "gw_1")
            await one.ledger.append(other, "gw_1", 1, [*TEXT, *END])
            began = server.now()
            await two.read("resp_2")
            waiting.cancel()
            return server.now() - began

    assert run(work()) < 0.1


def test_a_response_that_is_not_there_is_not_waited_for():
    async def work() -> None:
        async with processes(Server()) as (_, two):
            with pytest.raises(NotFound):
                await two.read("resp_other")

    run(work())


def test_readers_of_a_response_that_is_forgotten_are_told_its_end():
    async def work() -> None:
        server = Server()
        async with processes(server) as (one, two):
            await one.ledger.append(REQUEST, "gw_1", 1, TEXT)
            reading = [asyncio.create_task(two.read()) for _ in range(2)]
            await asyncio.sleep(1)
            server.lose()
            for told in await asyncio.gather(*reading):
                document = fold(event for _, event in told)
                assert document.error_code == "response_lost"
                assert document.items == (Text(0, "word0 word1 word2 word3 word4 word5 ", done=True),)

    run(work())


def test_readers_are_told_when_the_store_is_away_for_too_long():
    async def work() -> list[Any]:
        server = Server()
        async with processes(server) as (one, two):
            await one.ledger.append(REQUEST, "gw_1", 1, TEXT)
            reading = [asyncio.create_task(two.read()) for _ in range(2)]
            await asyncio.sleep(0.5)
            two.client.patience_s = 1
            server.away = True
            told = await asyncio.gather(*reading, return_exceptions=True)
            server.away = False
            return told

    assert [type(one) for one in run(work())] == [StoreUnavailable, StoreUnavailable]


def test_a_redis_that_takes_no_writes_is_read_all_the_same():
    class Unwritable(Ledger):
        async def interrupt(self, reader: str) -> None:
            raise ReadOnlyError("READONLY")

    async def work() -> float:
        server = Server()
        async with processes(server) as (one, _):
            await one.ledger.append(REQUEST, "gw_1", 1, TEXT)
            other = ask("resp_2")
            await one.ledger.create(other, "gw_1")
            await one.ledger.append(other, "gw_1", 1, [*TEXT, *END])
            client: Any = CountingClient(server)
            async with Follower(Unwritable(client, 100), TIMEOUTS, server.now) as follower:
                waiting = asyncio.create_task(follower.ended(REQUEST.id))
                await asyncio.sleep(0.3)
                began = server.now()
                assert (await follower.ended("resp_2")).state == "completed"
                waiting.cancel()
                return server.now() - began

    assert run(work()) <= TIMEOUTS.beat_s


def test_nothing_is_kept_of_readers_who_left_a_silent_answer():
    async def work() -> int:
        feed = Feed("resp_1", 0, 0)
        readers = [asyncio.create_task(feed.more(0)) for _ in range(100)]
        await asyncio.sleep(0)
        for reader in readers:
            reader.cancel()
        await asyncio.wait(readers)
        return len(feed._waiting)

    assert asyncio.run(work()) == 0
