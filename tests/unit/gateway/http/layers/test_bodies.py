"""Bodies are read within their limits, and an app sees a body only once all of it has been judged."""

import asyncio
import json
from types import SimpleNamespace

import pytest

from gateway.http.layers.bodies import Bodies, BodyLimits
from gateway.http.layers.body_room import BodyRoom
from gateway.http.layers.json_shape import ShapeLimits

SHAPE = ShapeLimits(most_values=100, most_depth=10)


def limits(**changes) -> BodyLimits:
    usual = {
        "most_json_bytes": 1_000_000,
        "most_upload_bytes": 2_000_000,
        "most_raw_bytes": 1_500_000,
        "most_bytes_at_once": 1_000_000,
        "shape": SHAPE,
        "grace_s": 30,
    }
    return BodyLimits(**usual | changes)


class Meter:
    def refused(self, code):
        self.code = code


class App:
    """Reads its body, tells it was read, and waits before it answers if it is to."""

    def __init__(self, answers=None):
        self.body, self.was_read, self.answers = b"", asyncio.Event(), answers

    async def __call__(self, scope, receive, send):
        more = True
        while more:
            message = await receive()
            self.body += message["body"]
            more = message["more_body"]
        self.was_read.set()
        if self.answers is not None:
            await self.answers.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})


class Client:
    """Sends a body in pieces and takes the answer; one that pauses sends nothing after its pieces."""

    def __init__(self, *pieces, pauses=False, leaves=False, headers=None, path="/v1/responses"):
        self.pieces, self.pauses, self.leaves = list(pieces), pauses, leaves
        headers = headers or {"transfer-encoding": "chunked", "content-type": "application/json"}
        state = SimpleNamespace(container=SimpleNamespace(meter=Meter()))
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            "query_string": b"",
            "app": SimpleNamespace(state=state),
        }
        self.asked, self.sent = 0, []

    async def receive(self):
        self.asked += 1
        if self.pieces:
            piece = self.pieces.pop(0)
            return {
                "type": "http.request",
                "body": piece,
                "more_body": bool(self.pieces or self.pauses or self.leaves),
            }
        if self.leaves:
            return {"type": "http.disconnect"}
        return await asyncio.Event().wait()

    async def send(self, message):
        self.sent.append(message)

    async def ask(self, layer):
        await layer(self.scope, self.receive, self.send)
        return self

    @property
    def status(self):
        return self.sent[0]["status"]

    @property
    def error(self):
        return json.loads(self.sent[1]["body"])["error"]


async def test_a_body_comes_whole_however_it_was_cut():
    app = App()
    client = await Client(b'{"in', b'put": "', b"x" * 50_000, b'"}').ask(Bodies(app, limits()))

    assert client.status == 200
    assert json.loads(app.body) == {"input": "x" * 50_000}


@pytest.mark.parametrize(
    ("client", "code", "asked"),
    [
        (Client(b"{}", headers={"content-length": "1000001"}), "body_too_large", 0),
        (Client(b"{}", headers={"content-length": "-5"}), "body_too_large", 0),
        (Client(b"{}", headers={"content-length": "9" * 5000}), "body_too_large", 0),
        (Client(b'"', *[b" " * 300_000] * 99), "body_too_large", 5),
        (Client(*[b" " * 3_000] * 99), "body_too_large", 4),
        (Client(b"[", *[b"{}," * 30] * 99), "too_many_values", 3),
        (Client(*[b'{"a":' * 6] * 99), "body_too_deep", 2),
    ],
)
async def test_a_body_is_refused_as_soon_as_it_is_known_to_be_too_much(client, code, asked):
    app = App()
    await client.ask(Bodies(app, limits()))

    assert (client.error["code"], client.asked) == (code, asked)
    assert not app.was_read.is_set()
    assert client.scope["app"].state.container.meter.code == code


async def test_a_body_that_does_not_come_is_refused_in_time():
    client = await Client(b"{", pauses=True).ask(Bodies(App(), limits(grace_s=0.01)))

    assert (client.status, client.error["code"]) == (408, "body_too_slow")


async def test_nobody_is_answered_who_left_before_the_end_of_the_body():
    client = await Client(b"{", leaves=True).ask(Bodies(App(), limits()))

    assert client.sent == []


async def test_a_form_with_files_may_be_larger_than_json_and_is_not_taken_for_it():
    app = App()
    headers = {"content-type": "multipart/form-data; boundary=b", "transfer-encoding": "chunked"}
    client = Client(*[b"[[[[[[{,{," * 30_000] * 5, headers=headers, path="/v1/files")
    await client.ask(Bodies(app, limits()))

    assert (client.status, len(app.body)) == (200, 1_500_000)


async def test_a_form_where_none_is_taken_is_limited_as_json_is():
    headers = {"content-type": "multipart/form-data; boundary=b", "content-length": "1500000"}
    client = await Client(b"", headers=headers).ask(Bodies(App(), limits()))

    assert client.error["code"] == "body_too_large"


async def test_a_large_body_waits_for_room_until_another_is_answered():
    goes_on = asyncio.Event()
    first, second = App(goes_on), App()
    apps = iter([first, second])

    async def app(*asgi):
        await next(apps)(*asgi)

    layer = Bodies(app, limits(most_bytes_at_once=100_000))
    large = b'"' + b"x" * 80_000 + b'"'
    asking = asyncio.create_task(Client(large).ask(layer))
    await first.was_read.wait()
    waiting = asyncio.create_task(Client(large).ask(layer))
    small = await Client(b"{}").ask(Bodies(App(), limits()))
    assert not second.was_read.is_set()
    goes_on.set()

    assert [(await one).status for one in (asking, waiting)] == [200, 200]
    assert small.status == 200


async def test_a_large_body_that_finds_no_room_in_time_is_told_to_come_back():
    app = App(answers=asyncio.Event())
    layer = Bodies(app, limits(most_bytes_at_once=100_000, grace_s=0.01))
    asking = asyncio.create_task(Client(b'"' + b"x" * 20_000 + b'"').ask(layer))
    await app.was_read.wait()
    refused = await Client(b'"' + b"x" * 20_000 + b'"').ask(layer)
    asking.cancel()

    assert (refused.error["code"], dict(refused.sent[0]["headers"])[b"retry-after"]) == ("overloaded", b"5")


async def test_room_is_given_in_order_and_comes_back_from_whoever_gave_up():
    room = BodyRoom(10)
    await room.take(8)
    waiting = [asyncio.create_task(room.take(count)) for count in (9, 1, 1)]
    await asyncio.sleep(0)
    assert [task.done() for task in waiting] == [False] * 3

    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    await asyncio.wait(waiting[1:])
    room.give_back(8)
    room.give_back(2)
    await asyncio.wait_for(room.take(10), 1)


async def test_a_body_larger_than_all_the_room_has_it_to_itself():
    room = BodyRoom(10)
    await room.take(50)
    waiting = asyncio.create_task(room.take(1))
    await asyncio.sleep(0)
    assert not waiting.done()
    room.give_back(50)
    await waiting
