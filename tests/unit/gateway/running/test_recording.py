"""A response is written down in order and whole, whatever the store does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from redis.exceptions import ConnectionError

from gateway.answer.events import GatewayEvent, TextDelta
from gateway.answer.request import Request
from gateway.answer.stitching.state import Start
from gateway.running.recording import Recording
from gateway.store.values import Standing
from tests.virtual_time import in_virtual_time

WRITE_S = 1.0
STANDING = Standing("in_progress", "me", 0, 0, "me", is_cancelled=False)

Outcome = Any


class Store:
    """A ledger whose writes take a second each; `outcomes` are those of its next ones, then all goes well. `writes` is what it was given."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.writes: list[tuple[str, int, str]] = []

    def post(
        self, request: Request, owner: str, take: Callable[[], Any], told: Callable[[Any], None]
    ) -> None:
        first, events = take()
        self._note("post", first, events)
        asyncio.get_running_loop().call_later(WRITE_S, lambda: told(self._next()))

    async def append(self, request: Request, owner: str, first: int, events: Sequence[Any]) -> Any:
        return await self._written("append", first, events)

    async def rewrite(self, request: Request, standing: Standing, events: Sequence[Any]) -> Any:
        return await self._written("rewrite", 1, events)

    async def _written(self, how: str, first: int, events: Sequence[Any]) -> Any:
        self._note(how, first, events)
        await asyncio.sleep(WRITE_S)
        outcome = self._next()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def _next(self) -> Outcome:
        return self.outcomes.pop(0) if self.outcomes else "written"

    def _note(self, how: str, first: int, events: Sequence[Any]) -> None:
        self.writes.append((how, first, "".join(event.text for event in events)))


class HeldStore(Store):
    """Its writes without anybody who waits are answered by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[Callable[[Any], None]] = []

    def post(
        self, request: Request, owner: str, take: Callable[[], Any], told: Callable[[Any], None]
    ) -> None:
        take()
        self.answers.append(told)


def word(text: str) -> GatewayEvent:
    return TextDelta(at=0, item=0, text=text)


def recording(store: Any, written: str = "") -> tuple[Recording, Start]:
    request: Any = type("Asked", (), {"id": "resp_1"})()
    start = Start()
    return Recording(store, request, STANDING, start, [word(text) for text in written]), start


@in_virtual_time
async def test_what_comes_while_a_write_is_on_its_way_goes_with_the_next():
    store = Store()
    record, _ = recording(store, "ab")

    record.add(word("c"))
    for text in "def":
        record.add(word(text))

    assert await record.all_written() == "written"
    assert store.writes == [("post", 3, "c"), ("append", 4, "def")]
    assert [event.text for event in record.written if isinstance(event, TextDelta)] == list("abcdef")


@in_virtual_time
async def test_a_store_that_is_away_is_tried_until_it_has_everything():
    store = Store(ConnectionError("away"), ConnectionError("away"), "written")
    record, _ = recording(store)

    record.add(word("a"))
    await asyncio.sleep(1.5 * WRITE_S)
    record.add(word("b"))

    assert await record.all_written() == "written"
    assert store.writes == [("post", 1, "a"), ("append", 1, "a"), ("append", 1, "a"), ("append", 2, "b")]


@in_virtual_time
async def test_what_the_store_has_forgotten_is_written_anew_and_its_jobs_are_looked_after():
    store = Store("behind", "behind", "written")
    record, start = recording(store, "ab")

    record.add(word("c"))

    assert await record.all_written() == "written"
    # The last one adds nothing: it tells those who count what is written of what is new.
    assert store.writes == [
        ("post", 3, "c"),
        ("append", 3, "c"),
        ("rewrite", 1, "abc"),
        ("append", 3, "c"),
    ]
    assert start.store_back.is_set()


@in_virtual_time
async def test_what_the_store_forgets_again_and_again_is_written_anew_each_time():
    store = Store("behind", "behind", "written", "behind", "behind", "written")
    record, _ = recording(store, "ab")

    record.add(word("c"))

    assert await record.all_written() == "written"
    assert [how for how, _, _ in store.writes].count("rewrite") == 2


@in_virtual_time
async def test_whoever_is_cancelled_as_its_turn_comes_holds_up_nobody():
    store = HeldStore()
    record, _ = recording(store)

    record.add(word("a"))
    waiting = asyncio.create_task(record.write([word("b")]))
    await asyncio.sleep(0)
    waiting.cancel()
    store.answers.pop()("written")
    await asyncio.wait([waiting])
    record.add(word("c"))
    store.answers.pop()("written")

    assert waiting.cancelled()
    assert await record.all_written() == "written"
    assert [event.text for event in record.written if isinstance(event, TextDelta)] == ["a", "c"]


@pytest.mark.parametrize(("outcome", "leaves_jobs"), [("lost", True), ("gone", False)])
def test_nothing_more_is_written_of_a_response_that_was_taken_away(outcome: str, leaves_jobs: bool):
    @in_virtual_time
    async def work() -> None:
        store = Store(*[outcome] * 3)
        record, start = recording(store)

        record.add(word("a"))
        record.add(word("b"))
        await record.taken_away.wait()
        record.add(word("c"))

        assert await record.all_written() == outcome
        assert all("b" not in text and "c" not in text for _, _, text in store.writes)
        assert start.leaves_jobs == leaves_jobs

    work()


@in_virtual_time
async def test_whoever_wants_to_see_that_it_is_still_there_has_a_turn_while_tokens_come():
    store = Store()
    record, _ = recording(store)

    async def tokens() -> None:
        for _ in range(100):
            record.add(word("a"))
            await asyncio.sleep(WRITE_S / 3)

    writing = asyncio.create_task(tokens())
    await asyncio.sleep(WRITE_S / 2)
    async with asyncio.timeout(3 * WRITE_S):
        assert await record.write() == "written"
    await writing

    await record.all_written()
    assert "".join(text for _, _, text in store.writes) == 100 * "a"


@in_virtual_time
async def test_whoever_gives_up_waiting_holds_up_nobody():
    store = Store()
    record, _ = recording(store)
    record.add(word("a"))

    waits = asyncio.create_task(record.write([word("never")]))
    await asyncio.sleep(WRITE_S / 2)
    waits.cancel()
    record.add(word("b"))

    assert await record.all_written() == "written"
    assert "".join(text for _, _, text in store.writes) == "ab"


@in_virtual_time
async def test_an_event_that_cannot_be_written_ends_it():
    store = Store(*[ValueError("no JSON")] * 2)
    record, _ = recording(store)

    record.add(word("a"))
    await record.taken_away.wait()

    with pytest.raises(ValueError, match="no JSON"):
        await record.all_written()


@in_virtual_time
async def test_a_process_that_leaves_tries_no_more():
    store = Store(*[ConnectionError("away")] * 100)
    record, _ = recording(store)
    record.add(word("a"))
    await asyncio.sleep(2.5 * WRITE_S)
    record.add(word("b"))

    record.close()
    tried = len(store.writes)
    await asyncio.sleep(60)

    assert len(store.writes) == tried
