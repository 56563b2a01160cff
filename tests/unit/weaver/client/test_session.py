"""Streams that are cut, and who is asked for the rest; both clients are driven alike, over a transport that follows a script."""

import asyncio

import httpx
import pytest

from tests.unit.weaver.client.answers import golden, sse
from weaver import (
    AsyncWeaver,
    Broken,
    Busy,
    GatewayFailed,
    InvalidRequest,
    NotAuthenticated,
    NotUnderstood,
    Unreachable,
    Weaver,
)

EVENTS = golden()
SSE = {"content-type": "text/event-stream"}


class Cut(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that breaks after its last byte."""

    def __init__(self, body):
        self.body = body

    def __iter__(self):
        yield self.body
        raise httpx.ReadError("cut")

    async def __aiter__(self):
        for piece in self.body, None:
            if piece is None:
                raise httpx.ReadError("cut")
            yield piece


class Script(httpx.MockTransport):
    """Answers by a list of replies or exceptions, and keeps what it was asked."""

    def __init__(self, *replies):
        self.replies, self.asked = list(replies), []
        super().__init__(self.answer)

    def answer(self, request):
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def cut(*events):
    return httpx.Response(200, headers=SSE, stream=Cut(sse(*events)))


def whole(*events):
    return httpx.Response(200, headers=SSE, content=sse(*events))


def refused(status, **headers):
    error = {"message": "No.", "code": "overloaded", "param": "seed"}
    return httpx.Response(status, headers=headers, json={"error": error})


def asked_sync(script, follow=None):
    with Weaver("http://gateway", "key", pauses_s=(0, 0), transport=script) as weaver:
        stream = weaver.resume(follow) if follow else weaver.ask("A story")
        return [event.number for event in stream], stream.answer()


def asked_async(script, follow=None):
    async def ask():
        async with AsyncWeaver("http://gateway", "key", pauses_s=(0, 0), transport=script) as weaver:
            stream = weaver.resume(follow) if follow else weaver.ask("A story")
            return [event.number async for event in stream], await stream.answer()

    return asyncio.run(ask())


both = pytest.mark.parametrize("ask", [asked_sync, asked_async])


@both
@pytest.mark.parametrize("length", [1, 5, 20])
def test_a_cut_stream_goes_on_after_the_last_event_that_came(ask, length):
    script = Script(cut(*EVENTS[:length]), whole(*EVENTS[length:]))
    numbers, answer = ask(script)

    assert numbers == asked_sync(Script(whole(*EVENTS)))[0]
    assert answer.text == "One fox."
    assert script.asked[1].url.path == f"/v1/responses/{answer.id}"
    assert script.asked[1].url.params["stream"] == "true"
    assert script.asked[0].headers["authorization"] == "Bearer key"


@both
def test_a_stream_that_ends_in_silence_or_says_that_its_gateway_leaves_goes_on_too(ask):
    leaving = {"type": "error", "sequence_number": 3, "message": "leaving"}
    script = Script(whole(*EVENTS[:5]), whole(EVENTS[5], leaving), refused(503), whole(*EVENTS[6:]))
    assert ask(script)[1].status == "completed"
    assert [request.url.params.get("starting_after") for request in script.asked] == [None, "4", "5", "5"]


@both
def test_a_question_whose_reply_is_lost_is_asked_again_under_the_same_key(ask):
    script = Script(httpx.ReadTimeout("lost"), refused(409), whole(*EVENTS))
    ask(script)
    assert [request.method for request in script.asked] == ["POST"] * 3
    assert len({request.headers["idempotency-key"] for request in script.asked}) == 1


@both
def test_patience_ends_and_says_under_which_id_to_try_again(ask):
    with pytest.raises(Broken) as broken:
        ask(Script(cut(*EVENTS[:4]), httpx.ConnectError("gone"), httpx.ConnectError("gone")))
    assert broken.value.response_id == EVENTS[0]["response"]["id"]


@both
def test_that_nobody_is_there_is_an_error_at_once(ask):
    script = Script(httpx.ConnectError("refused"))
    with pytest.raises(Unreachable, match="http://gateway"):
        ask(script)


@both
@pytest.mark.parametrize(
    ("status", "kind"), [(400, InvalidRequest), (401, NotAuthenticated), (429, Busy), (500, GatewayFailed)]
)
def test_a_refusal_is_an_error_that_says_all_that_the_gateway_said(ask, status, kind):
    with pytest.raises(kind) as caught:
        ask(Script(refused(status, **{"x-request-id": "req_1", "retry-after": "5"})))
    error = caught.value
    assert (str(error), error.status, error.code, error.field) == ("No.", status, "overloaded", "seed")
    assert (error.request_id, error.retry_after_s) == ("req_1", 5.0)


@both
@pytest.mark.parametrize("status", [200, 404])
def test_a_server_that_is_no_gateway_is_not_understood(ask, status):
    with pytest.raises(NotUnderstood):
        ask(Script(httpx.Response(status, html="<p>Welcome</p>")))


def test_an_answer_closed_early_cannot_be_had_whole():
    with Weaver("http://gateway", transport=Script(whole(*EVENTS))) as weaver:
        with weaver.ask("A story") as stream:
            next(iter(stream))
        with pytest.raises(ValueError, match="closed before its end"):
            stream.answer()


@pytest.mark.parametrize("url", ["gateway:8080", "ftp://gateway", "http://"])
def test_an_address_that_is_none_is_refused_before_anything_is_asked(url):
    with pytest.raises(ValueError, match="should look like"):
        Weaver(url)


def test_an_address_may_end_as_openai_clients_want_it():
    with Weaver("http://gateway:8080/v1/") as weaver:
        assert weaver.url == "http://gateway:8080"
