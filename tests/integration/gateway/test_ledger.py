from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from gateway.answer import events as ev
from gateway.answer.errors import NotFound
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.request import Request
from gateway.store.follow import Follower
from gateway.store.ledger import Ledger
from gateway.store.values import Numbered
from tests.fakes import ask, blob
from tests.integration.gateway.quick import QUICK
from tests.integration.queue.jobs import eventually

pytestmark = pytest.mark.integration

REQUEST = ask(known=("in1",), tenant="somebody", metadata={"a": "b"})
TEXT = ev.TextDelta(at=2, item=0, text="Größe “”\n")
EVENTS: list[GatewayEvent] = [
    ev.ResponseStarted(at=1),
    ev.PlanStarted(at=1),
    ev.TextStarted(at=2, item=0),
    TEXT,
    ev.TextDone(at=2, item=0, text="Größe “”\n"),
    ev.PictureOpened(at=2, item=1, slot=0, id="img1"),
    ev.PicturePreview(at=6, item=1, index=0, blob=blob("look")),
    ev.PictureFailed(at=9, item=1, code="internal"),
    ev.ResponseCompleted(at=10),
]


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


async def test_each_of_many_writes_that_come_together_has_its_own_outcome(ledger: Ledger, redis: Redis):
    requests = [
        replace(REQUEST, id=f"resp_{name}") for name in ("a", "b", "forgotten", "lost", "broken", "c")
    ]
    for request in requests:
        await ledger.create(request, "gw_other" if request.id == "resp_lost" else "gw_1")
    await redis.delete("resp:{resp_forgotten}")
    await redis.set("resp:{resp_broken}:events", "no stream")

    async def add(request: Request, number: int) -> object:
        events = [replace(TEXT, text=f"{request.id} {word}") for word in range(number)]
        return await ledger.append(request, "gw_1", 1, events)

    adding = [add(request, number) for number, request in enumerate(requests, start=1)]
    *outcomes, broken, last = await asyncio.gather(*adding, return_exceptions=True)
    assert [*outcomes, last] == ["written", "written", "behind", "lost", "written"]
    assert "WRONGTYPE" in str(broken)
    told = [
        [event for _, event in await ledger.events(request.id, 0)] for request in requests[:2] + requests[-1:]
    ]
    assert [[event.text for event in events if isinstance(event, ev.TextDelta)] for events in told] == [
        ["resp_a 0"],
        ["resp_b 0", "resp_b 1"],
        [f"resp_c {word}" for word in range(6)],
    ]


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


async def test_events_that_would_leave_a_gap_are_not_added(ledger: Ledger):
    await begin(ledger, EVENTS[:3])
    assert await ledger.append(REQUEST, "gw_1", 5, EVENTS[4:6]) == "behind"
    assert [number for number, _ in await ledger.events(REQUEST.id, 0)] == [1, 2, 3]


async def test_a_response_that_redis_has_forgotten_is_written_anew_by_its_owner_only(
    ledger: Ledger, redis: Redis
):
    await begin(ledger, EVENTS[:5])
    standing = await ledger.standing(REQUEST.id)
    assert standing is not None
    await redis.flushall()
    assert await ledger.append(REQUEST, "gw_1", 6, EVENTS[5:7]) == "behind"
    assert await ledger.rewrite(REQUEST, standing, EVENTS[:7]) == "written"
    assert await ledger.events(REQUEST.id, 0) == list(enumerate(EVENTS[:7], start=1))
    assert await ledger.standing(REQUEST.id) == replace(standing, last=7)
    assert await ledger.rewrite(REQUEST, replace(standing, owner="gw_2"), EVENTS[:2]) == "lost"


async def test_a_deleted_response_is_not_written_anew(ledger: Ledger):
    await begin(ledger, EVENTS[:2])
    standing = await ledger.standing(REQUEST.id)
    assert standing is not None
    await ledger.delete(REQUEST.id)
    assert await ledger.rewrite(REQUEST, standing, EVENTS[:3]) == "gone"
    assert await ledger.standing(REQUEST.id) is None


async def test_of_two_processes_that_take_a_response_over_one_does(ledger: Ledger):
    await begin(ledger, EVENTS[:4])
    taken = await asyncio.gather(*(ledger.take_over(REQUEST.id, "gw_1", f"gw_{n}") for n in range(2, 7)))
    [standing] = [standing for standing in taken if standing is not None]
    assert (standing.last, standing.takeovers, standing.replies_to) == (4, 1, "gw_1")
    assert await ledger.append(REQUEST, "gw_1", 5, EVENTS[4:]) == "lost"
    assert await ledger.append(REQUEST, standing.owner, 5, EVENTS[4:]) == "written"
    assert await ledger.take_over(REQUEST.id, standing.owner, "gw_9") is None


async def test_an_event_that_cannot_be_read_keeps_its_number_and_changes_nothing(
    ledger: Ledger, follower: Follower, redis: Redis
):
    await begin(ledger, EVENTS[:5])
    await redis.xadd("resp:{resp_1}:events", {"event": b'{"type":"of_tomorrow"}'}, id="6-0")
    await redis.hset("resp:{resp_1}", "last", 6)
    await ledger.append(REQUEST, "gw_1", 7, EVENTS[5:])
    events = await read(follower)
    assert [number for number, _ in events] == list(range(1, len(EVENTS) + 2))
    assert fold(event for _, event in events) == fold(EVENTS)


async def test_a_reader_ahead_of_what_redis_remembers_ends_typed(
    ledger: Ledger, follower: Follower, redis: Redis
):
    await begin(ledger, EVENTS[:6])
    async with aclosing(follower.follow(REQUEST.id)) as events:
        got = [await anext(events) for _ in range(6)]
        await redis.delete("resp:{resp_1}", "resp:{resp_1}:events")
        await begin(ledger, EVENTS[:3], owner="gw_2")
        got += [numbered async for numbered in events]
    document = fold(event for _, event in got)
    assert (document.state, document.error_code) == ("failed", "response_lost")


async def test_an_order_reaches_the_owner_wherever_it_was_given(ledger: Ledger):
    await begin(ledger, EVENTS[:1])
    waiting = asyncio.create_task(ledger.orders.next("gw_1", "0-0", 5))
    await ledger.orders.cancel(REQUEST.id)
    ids, after = await waiting
    assert ids == [REQUEST.id]
    assert await ledger.orders.next("gw_1", after, 0.01) == ([], after)


async def test_whoever_reads_an_answer_that_is_over_gets_all_of_it(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS)
    assert await read(follower) == await read(follower) == list(enumerate(EVENTS, start=1))


async def test_a_reader_that_comes_back_after_any_event_gets_it_without_loss_or_repeat(
    ledger: Ledger, follower: Follower
):
    await ledger.create(REQUEST, "gw_1")
    for number, event in enumerate(EVENTS, start=1):
        await ledger.append(REQUEST, "gw_1", number, [event])
        async with aclosing(follower.follow(REQUEST.id)) as events:
            got = [await anext(events) for _ in range(number)]
        assert got == list(enumerate(EVENTS[:number], start=1))


async def test_any_number_of_readers_see_the_same_while_it_happens(ledger: Ledger, follower: Follower):
    await ledger.create(REQUEST, "gw_1")
    readers = [asyncio.create_task(read(follower)) for _ in range(10)]
    for number, event in enumerate(EVENTS, start=1):
        await ledger.append(REQUEST, "gw_1", number, [event])
        await asyncio.sleep(0)
    assert await asyncio.gather(*readers) == [list(enumerate(EVENTS, start=1))] * 10


async def test_reading_a_response_in_progress_does_not_wait_for_its_end(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS[:6])
    assert await follower.document(REQUEST.id) == fold(EVENTS[:6])


async def test_a_response_deleted_while_it_is_read_ends_typed(ledger: Ledger, follower: Follower):
    await begin(ledger, EVENTS[:6])
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
    events = follower.follow(REQUEST.id)
    await anext(events)

    async def is_read() -> bool:
        return await ledger.are_read([REQUEST.id, "resp_2"]) == [True, False]

    async def is_left() -> bool:
        return await ledger.are_read([REQUEST.id]) == [False]

    await eventually(is_read)
    await events.aclose()
    await eventually(is_left)


async def test_a_response_begins_with_its_first_events_and_stands_on_its_tenants_list_if_it_is_to_be_kept(
    ledger: Ledger, follower: Follower
):
    now = time.time()
    kept, older = replace(REQUEST, created_at=now), ask("resp_older", tenant="somebody", created_at=now - 1)
    long_gone = ask("resp_gone", tenant="somebody", created_at=now - 1000)
    fleeting = ask("resp_fleeting", tenant="somebody", created_at=now, store=False)
    for request in (long_gone, kept, older, fleeting):
        await ledger.create(request, "gw_1", EVENTS[:2])

    assert await ledger.append(REQUEST, "gw_1", 3, EVENTS[2:]) == "written"
    assert await read(follower) == list(enumerate(EVENTS, start=1))
    assert await ledger.listed.ids("somebody", None, 10, newest_first=True) == [kept.id, older.id]
