"""Server-sent events on the wire: order, heartbeats, late errors, slow and vanished readers."""

import asyncio
import contextlib
import json
import re

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from gateway.answer.errors import PlannerUnavailable, ShuttingDown
from gateway.dialects.common.wire import Inline, WireEvent
from gateway.http.pictures import SharedPictures
from gateway.http.sse import EventStream, Streams
from visualizer_service.blobs.blobs import Blob
from visualizer_service.blobs.objects import BlobsUnavailable

BLOB = "ab" * 32


class Store:
    def __init__(self, **pictures):
        self.pictures = pictures
        self.broken = False

    async def get(self, id):
        if self.broken:
            raise BlobsUnavailable
        data = self.pictures.get(id)
        return data and Blob(data, "image/png")


class Reader:
    """An ASGI client that can leave, or stop reading after some pieces."""

    def __init__(self, stops_after=None):
        self.sent, self.leaves = [], asyncio.Event()
        self.wrote = asyncio.Condition()
        self.stops_after = stops_after

    async def receive(self):
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        if self.stops_after is not None and len(self.sent) >= self.stops_after:
            await asyncio.Event().wait()
        self.sent.append(message)
        async with self.wrote:
            self.wrote.notify_all()

    async def until(self, text):
        async with self.wrote:
            await self.wrote.wait_for(lambda: text in self.body)

    @property
    def body(self):
        return b"".join(message.get("body", b"") for message in self.sent)

    @property
    def ended(self):
        return self.sent[-1].get("more_body") is False


def last_words(error):
    return WireEvent("error", {"type": "error", "code": error.code, "message": error.message})


async def one_by_one(events):
    async with contextlib.aclosing(events):
        async for event in events:
            yield event if isinstance(event, list) else [event]


def stream(events, store=None, streams=None, written=lambda event: None):
    """A stream of events, each of which comes alone if it is not in a list with others."""
    streams = streams or Streams(heartbeat_s=30)
    return EventStream(one_by_one(events), SharedPictures(store or Store()), streams, last_words, written)


def numbered(n):
    return WireEvent("number", {"type": "number", "n": n})


def parsed(body):
    """Every event as (name, data), read as the SSE specification says."""
    blocks = [block for block in body.decode().split("\n\n") if block]
    lines = [[line for line in block.splitlines() if not line.startswith(":")] for block in blocks]
    return [(event.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for event, data in lines]


async def read(response, reader):
    await response({"type": "http"}, reader.receive, reader.send)
    return parsed(reader.body)


async def test_events_arrive_in_order_and_the_body_ends():
    async def events():
        for n in range(3):
            yield numbered(n)

    reader = Reader()

    assert await read(stream(events()), reader) == [("number", {"type": "number", "n": n}) for n in range(3)]
    assert reader.ended
    headers = dict(reader.sent[0]["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert b"content-length" not in headers


async def test_events_that_come_together_leave_together():
    async def events():
        yield [numbered(n) for n in range(9)]

    reader = Reader()

    assert [data["n"] for _, data in await read(stream(events()), reader)] == list(range(9))
    assert len(reader.sent) == 3, "the head, one piece, and the end"


async def test_line_breaks_in_text_stay_inside_the_event():
    async def events():
        yield WireEvent("text", {"text": "a\n\nevent: evil\ndata: {}\r\n\u2028"})

    assert await read(stream(events()), Reader()) == [
        ("text", {"text": "a\n\nevent: evil\ndata: {}\r\n\u2028"})
    ]


async def test_pictures_are_spliced_in_and_one_that_is_gone_is_null():
    async def events():
        yield WireEvent("picture", {"a": Inline(BLOB), "b": [Inline("cd" * 32), "text"]})

    store = Store(**{BLOB: b"ABC" * 100_000})

    [(_, data)] = await read(stream(events(), store), Reader())

    assert data == {"a": "QUJD" * 100_000, "b": [None, "text"]}


async def test_silence_is_filled_with_comments_that_do_not_end_an_event():
    more = asyncio.Event()

    async def events():
        yield numbered(1)
        await more.wait()
        yield numbered(2)

    reader = Reader()
    answering = asyncio.create_task(read(stream(events(), streams=Streams(heartbeat_s=0.001)), reader))
    await reader.until(b": hb\n: hb\n")
    more.set()

    assert [data["n"] for _, data in await answering] == [1, 2]
    assert b": hb\n\n" not in reader.body
    assert not re.search(rb"^id:", reader.body, re.MULTILINE)


async def test_nothing_follows_the_end_however_long_the_events_take_to_close():
    closes = asyncio.Event()

    async def events():
        try:
            yield numbered(1)
        finally:
            await closes.wait()

    def fail(event):
        if event.type == "number":
            raise RuntimeError

    reader = Reader()
    answering = asyncio.create_task(
        read(stream(events(), streams=Streams(heartbeat_s=0.001), written=fail), reader)
    )
    await reader.until(b"internal")
    for _ in range(20):
        await asyncio.sleep(0.001)
    closes.set()
    await answering

    assert reader.ended


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PlannerUnavailable(), "planner_unavailable"),
        (RedisConnectionError("secret host"), "store_unavailable"),
        (RuntimeError("secret"), "internal"),
    ],
)
async def test_an_error_after_the_first_byte_is_a_typed_last_event(error, code):
    async def events():
        yield numbered(1)
        raise error

    reader = Reader()

    assert [name for name, _ in await read(stream(events()), reader)] == ["number", "error"]
    assert parsed(reader.body)[-1][1]["code"] == code
    assert b"secret" not in reader.body
    assert reader.ended


async def test_a_store_that_fails_leaves_null_for_the_picture_and_the_answer_goes_on():
    async def events():
        yield WireEvent("picture", {"a": Inline(BLOB), "b": "after"})
        yield numbered(2)

    store = Store()
    store.broken = True

    first, last = await read(stream(events(), store), Reader())

    assert first[1] == {"a": None, "b": "after"}
    assert last == ("number", {"type": "number", "n": 2})


async def test_the_events_are_closed_when_the_client_leaves():
    closed = asyncio.Event()

    async def events():
        try:
            yield numbered(1)
            await asyncio.Event().wait()
        finally:
            closed.set()

    reader = Reader()
    answering = asyncio.create_task(read(stream(events()), reader))
    await reader.until(b'"n":1')
    reader.leaves.set()
    await answering

    assert closed.is_set()


async def test_for_a_reader_that_stops_reading_nothing_piles_up():
    made = 0
    closed = False

    async def events():
        nonlocal made, closed
        try:
            while True:
                made += 1
                yield numbered(made)
        finally:
            closed = True

    reader = Reader(stops_after=4)
    answering = asyncio.create_task(read(stream(events()), reader))
    await reader.until(b'"n":3')
    # Its connection lets go of it.
    reader.leaves.set()
    await answering

    assert closed
    assert made == 4
    assert not reader.ended


async def test_closing_the_gateway_ends_a_stream_with_a_typed_event():
    async def events():
        yield numbered(1)
        await asyncio.Event().wait()

    reader, streams = Reader(), Streams(heartbeat_s=30)
    answering = asyncio.create_task(read(stream(events(), streams=streams), reader))
    await reader.until(b'"n":1')
    await streams.close(grace_s=0)

    assert (await answering)[-1][1]["code"] == "shutting_down"
    assert reader.ended


async def test_a_stream_that_begins_while_the_gateway_closes_is_ended_too():
    async def events():
        await asyncio.Event().wait()
        yield numbered(1)

    reader, streams = Reader(), Streams(heartbeat_s=30)
    await streams.close(grace_s=0)

    assert (await read(stream(events(), streams=streams), reader))[-1][1]["code"] == "shutting_down"
    assert reader.ended


@pytest.mark.parametrize(("goes_on", "names"), [(False, ["number"]), (True, ["number", "error"])])
async def test_closing_while_an_event_is_written_ends_the_stream_after_it_unless_it_was_the_last(
    goes_on, names
):
    streams = Streams(heartbeat_s=30)

    async def events():
        yield numbered(1)
        if goes_on:
            await asyncio.Event().wait()

    closing = stream(events(), streams=streams, written=lambda event: streams.closing.set())

    assert [name for name, _ in await read(closing, Reader())] == names


async def test_closing_waits_for_streams_that_end_by_themselves():
    ends = asyncio.Event()

    async def events():
        yield numbered(1)
        await ends.wait()
        yield numbered(2)

    reader, streams = Reader(), Streams(heartbeat_s=30)
    answering = asyncio.create_task(read(stream(events(), streams=streams), reader))
    await reader.until(b'"n":1')
    closing = asyncio.create_task(streams.close(grace_s=30))
    ends.set()
    await closing

    assert [name for name, _ in await answering] == ["number", "number"]


async def test_an_event_counts_as_written_only_once_it_has_left():
    written = []

    async def events():
        for n in range(3):
            yield numbered(n)
            await reader.until(f'"n":{n}'.encode())

    reader = Reader(stops_after=3)
    answering = asyncio.create_task(
        read(stream(events(), written=lambda event: written.append(event.data["n"])), reader)
    )
    await reader.until(b'"n":1')
    reader.leaves.set()
    await answering

    assert written == [0, 1]


async def test_a_process_that_leaves_lets_those_who_wait_for_a_whole_answer_have_it():
    streams, is_over = Streams(10), asyncio.Event()
    waiting = asyncio.create_task(streams.unless_closing(is_over.wait()))
    await asyncio.sleep(0)
    leaving = asyncio.create_task(streams.close(60))
    await asyncio.sleep(0)
    assert not leaving.done()
    is_over.set()
    assert await waiting
    await leaving


async def test_who_waits_for_a_whole_answer_for_longer_than_the_grace_is_told_that_the_process_leaves():
    streams = Streams(10)
    waiting = asyncio.create_task(streams.unless_closing(asyncio.Event().wait()))
    await asyncio.sleep(0)
    await streams.close(0)
    with pytest.raises(ShuttingDown):
        await waiting
