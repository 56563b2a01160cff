from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest
from redis.asyncio import Redis

from gateway.answer import events as ev
from gateway.answer.document import closing_events, fold
from gateway.answer.errors import NotFound
from gateway.answer.events import GatewayEvent, ResponseFailed
from gateway.store.follow import Follower
from gateway.store.ledger import Ledger, Numbered, Standing
from tests.fakes import ask, blob
from tests.integration.gateway.quick import QUICK
from tests.integration.queue.jobs import eventually

pytestmark = pytest.mark.integration

REQUEST = ask(known=("in1",), tenant="somebody", metadata={"a": "b"})
EVENTS: list[GatewayEvent] = [
    ev.ResponseStarted(at=1),
    ev.PlanStarted(at=1),
    ev.TextStarted(at=2, item=0),
    ev.TextDelta(at=2, item=0, text="Größe “”\n"),
    ev.TextDone(at=2, item=0, text="Größe “”\n"),
    ev.PictureOpened(at=2, item=1, slot=0, id="img1"),
    ev.PicturePreview(at=6, item=1, index=0, blob=blob("look")),
    ev.PictureFailed(at=9, item=1, code="internal"),
    ev.ResponseCompleted(at=10),
]
LOST = ResponseFailed(at=20, code="gateway_lost", message="m")


@pytest.fixture
def ledger(redis: Redis) -> Ledger:
    return Ledger(redis, ttl_s=100)


@pytest.fixture
async def follower(ledger: Ledger) -> AsyncIterator[Follower]:
    async with Follower(ledger, QUICK, time.time) as follower:
        yield follower


async def begin(ledger: Ledger, events: Sequence[GatewayEvent], owner: str = "gw_1") -> None:
    await ledger.create(REQUEST, owner)
    if events:
        assert await ledger.append(REQUEST, owner, 1, events) == "written"


async def read(follower: Follower) -> list[Numbered]:
    async with aclosing(follower.follow(REQUEST.id)) as events:
        return [numbered async for numbered in events]


async def test_a_request_comes_back_as_it_was(ledger: Ledger):
    await begin(ledger, EVENTS[:3])
    assert await ledger.request(REQUEST.id) == REQUEST
    assert await ledger.request("resp_other") is None


async def test_events_are_numbered_from_one_and_read_in_batches_from_anywhere(ledger: Ledger):
    await begin(ledger, EVENTS)
    assert await ledger.events(REQUEST.id, 0) == list(enumerate(EVENTS, start=1))
    assert await ledger.events(REQUEST.id, 7) == [(8, EVENTS[7]), (9, EVENTS[8])]
    assert await ledger.events(REQUEST.id, 9) == []
    standing = await ledger.standing(REQUEST.id)
    assert standing is not None
    assert standing.state == "completed"


async def test_an_append_repeated_after_a_lost_answer_adds_nothing_twice(ledger: Ledger):
    await begin(ledger, EVENTS[:3])
    assert await ledger.append(REQUEST, "gw_1", 1, EVENTS[:3]) == "written"
    assert await ledger.append(REQUEST, "gw_1", 3, EVENTS[2:5]) == "written"
    assert [number for number, _ in await ledger.events(REQUEST.id, 0)] == [1, 2, 3, 4, 5]


async def test_only_the_owner_appends(ledger: Ledger):
    await begin(ledger, EVENTS[:2])
    assert await ledger.append(REQUEST, "gw_2", 3, EVENTS[2:]) == "lost"
    assert len(await ledger.events(REQUEST.id, 0)) == 2


async def test_a_deleted_response_takes_no_more_events(ledger: Ledger):
    await begin(ledger, EVENTS[:2])
    assert await ledger.delete(REQUEST.id)
    assert not await ledger.delete(REQUEST.id)
    assert await ledger.append(REQUEST, "gw_1", 3, EVENTS[2:]) == "gone"
    assert await ledger.request(REQUEST.id) is None


async def test_a_response_is_kept_for_its_time_and_one_not_to_be_stored_for_a_minute(
    ledger: Ledger, redis: Redis
):
    await begin(ledger, EVENTS)
    assert 99 <= await redis.ttl("resp:{resp_1}") <= 100
    assert 99 <= await redis.ttl("resp:{resp_1}:events") <= 100
    fleeting = ask("resp_2", store=False)
    await ledger.create(fleeting, "gw_1")
    assert await redis.ttl("resp:{resp_2}") > 60
    await ledger.append(fleeting, "gw_1", 1, EVENTS)
    assert await redis.ttl("resp:{resp_2}:events") <= 60


async def test_of_two_readers_that_end_a_lost_response_one_does(ledger: Ledger):
    await begin(ledger, EVENTS[:4])
    standing = await ledger.standing(REQUEST.id)
    assert standing == Standing(state="in_progress", owner="gw_1", last=4, owner_alive=False)
    last_words = closing_events(fold(EVENTS[:4]), LOST)
    done = await asyncio.gather(*(ledger.end_orphan(REQUEST, standing, last_words) for _ in range(5)))
    assert sorted(done) == [False, False, False, False, True]
    assert [number for number, _ in await ledger.events(REQUEST.id, 4)] == [5, 6]
    assert await ledger.append(REQUEST, "gw_1", 5, EVENTS[4:]) == "lost"


async def test_a_response_that_went_on_is_not_ended_by_a_reader_that_lags(ledger: Ledger):
    await begin(ledger, EVENTS[:4])
    standing = await ledger.standing(REQUEST.id)
    assert standing is not None
    await ledger.append(REQUEST, "gw_1", 5, EVENTS[4:6])
    assert not await ledger.end_orphan(REQUEST, standing, [LOST])
    await ledger.append(REQUEST, "gw_1", 7, EVENTS[6:])
    standing = await ledger.standing(REQUEST.id)
    assert standing is not None
    assert not await ledger.end_orphan(REQUEST, standing, [LOST])


async def test_a_gateway_is_alive_as_long_as_it_beats(ledger: Ledger):
    await begin(ledger, EVENTS[:1])
    await ledger.beat("gw_1", 60)
    standing = await ledger.standing(REQUEST.id)
    assert standing is not None
    assert standing.owner_alive


async def test_an_order_reaches_the_owner_wherever_it_was_given(ledger: Ledger):
    await begin(ledger, EVENTS[:1])
    waiting = asyncio.create_task(ledger.orders("gw_1", "0-0", 5))
    await ledger.order_cancel(REQUEST.id)
    ids, after = await waiting
    assert ids == [REQUEST.id]
    assert await ledger.orders("gw_1", after, 0.01) == ([], after)


async def test_whoever_reads_an_answer_that_is_over_gets_all_of_it(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS)
    assert await read(follower) == await read(follower) == list(enumerate(EVENTS, start=1))


async def test_a_reader_that_comes_back_after_any_event_gets_it_without_loss_or_repeat(
    ledger: Ledger, follower: Follower
):
    await ledger.create(REQUEST, "gw_1")
    await ledger.beat("gw_1", 60)
    for number, event in enumerate(EVENTS, start=1):
        await ledger.append(REQUEST, "gw_1", number, [event])
        async with aclosing(follower.follow(REQUEST.id)) as events:
            got = [await anext(events) for _ in range(number)]
        assert got == list(enumerate(EVENTS[:number], start=1))


async def test_any_number_of_readers_see_the_same_while_it_happens(ledger: Ledger, follower: Follower):
    await ledger.create(REQUEST, "gw_1")
    await ledger.beat("gw_1", 60)
    readers = [asyncio.create_task(read(follower)) for _ in range(10)]
    for number, event in enumerate(EVENTS, start=1):
        await ledger.append(REQUEST, "gw_1", number, [event])
        await asyncio.sleep(0)
    assert await asyncio.gather(*readers) == [list(enumerate(EVENTS, start=1))] * 10


async def test_a_response_whose_owner_is_gone_is_ended_once_for_all_readers(
    ledger: Ledger, follower: Follower
):
    await begin(ledger, EVENTS[:6])
    first, second = await asyncio.gather(read(follower), read(follower))
    assert first == second
    document = fold(event for _, event in first)
    assert (document.state, document.error_code) == ("failed", "gateway_lost")
    assert document.pictures[0].code == "gateway_lost"
    assert await read(follower) == first


async def test_reading_a_lost_response_once_ends_it_too(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS[:6])
    assert (await follower.document(REQUEST.id)).error_code == "gateway_lost"


async def test_reading_a_response_in_progress_does_not_wait_for_its_end(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS[:6])
    await ledger.beat("gw_1", 60)
    assert await follower.document(REQUEST.id) == fold(EVENTS[:6])


async def test_a_response_deleted_while_it_is_read_ends_typed(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS[:6])
    await ledger.beat("gw_1", 60)
    events = follower.follow(REQUEST.id)
    got = [await anext(events) for _ in range(6)]
    await ledger.delete(REQUEST.id)
    got += [numbered async for numbered in events]
    document = fold(event for _, event in got)
    assert (document.state, document.error_code) == ("failed", "response_lost")
    assert [number for number, _ in got] == list(range(1, len(got) + 1))


async def test_nobody_can_follow_what_is_not_there(follower: Follower):
    with pytest.raises(NotFound):
        await anext(follower.follow("resp_nothing"))


async def test_a_response_counts_as_read_while_somebody_follows_it(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS[:2])
    await ledger.beat("gw_1", 60)
    events = follower.follow(REQUEST.id)
    await anext(events)

    async def is_read() -> bool:
        return await ledger.are_read([REQUEST.id, "resp_2"]) == [True, False]

    async def is_left() -> bool:
        return await ledger.are_read([REQUEST.id]) == [False]

    await eventually(is_read)
    await events.aclose()
    await eventually(is_left)
