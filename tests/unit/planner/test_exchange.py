"""A question over HTTP and what comes back, from servers that speak as they like."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from unittest.mock import Mock

import pytest

from planner_service import exchange
from planner_service.exchange import Exchange
from tests.tls_site import certificate

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"transfer-encoding: chunked\r\n\r\n"


class Server:
    """Says what it is told to, to whoever asks; None ends the connection."""

    def __init__(self, *said: bytes | asyncio.Event | None) -> None:
        self._said = said
        self.asked = b""
        self.is_left = asyncio.Event()
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await self._say(reader, writer)
        self.is_left.set()
        writer.close()

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        self.asked = head + await reader.readexactly(length)
        for said in self._said:
            match said:
                case None:
                    return
                case bytes():
                    writer.write(said)
                    await writer.drain()
                case _:
                    await said.wait()
        await reader.read()


@asynccontextmanager
async def asked(
    *said: bytes | asyncio.Event | None, path: str = "/v1/plan", user: str = "", silence_s: float = 5
) -> AsyncIterator[tuple[Exchange, Server]]:
    """An exchange with a server that says this."""
    server = Server(*said)
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        url = f"http://{user}127.0.0.1:{port}{path}"
        with closing(await exchange.ask(url, b"body", {"content-type": "x/y"}, silence_s)) as answer:
            yield answer, server
        await asyncio.wait_for(server.is_left.wait(), 5)


async def all_lines(answer: Exchange) -> list[bytes]:
    async with asyncio.timeout(5):
        found: list[bytes] = []
        while lines := await answer.lines():
            found += lines
        return found


async def test_what_is_asked_is_one_plain_request():
    async with asked(HEAD + b"content-length: 0\r\n\r\n", user="me:pass%20word@") as (answer, server):
        assert await answer.status() == 200
        assert await all_lines(answer) == []
    head, _, body = server.asked.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    assert first == "POST /v1/plan HTTP/1.1"
    assert body == b"body"
    assert {"content-type: x/y", "content-length: 4", "connection: close"} < set(fields)
    assert "authorization: Basic bWU6cGFzcyB3b3Jk" in fields
    assert any(field.startswith("host: 127.0.0.1:") for field in fields)


@pytest.mark.parametrize(
    "said",
    [
        (CHUNKED + b"4\r\none\n\r\n8\r\ntwo\nthre\r\n1\r\ne\r\n0\r\n\r\n",),
        (HEAD + b"content-length: 13\r\n\r\none\ntwo\nthree",),
        (HEAD + b"\r\none\ntwo\nthree", None),
        (b"HTTP/1.0 200 OK\r\n\r\none\ntw", b"o\nthree", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n", CHUNKED, b"d\r\none\ntwo\nthree\r\n", b"0\r\n\r\n"),
    ],
    ids=["chunks", "a length", "until it closes", "HTTP/1.0", "a word before"],
)
async def test_lines_are_the_same_however_they_are_sent(said: tuple[bytes | None, ...]):
    async with asked(*said) as (answer, _):
        assert await answer.status() == 200
        assert await all_lines(answer) == [b"one", b"two", b"three"]


async def test_a_line_is_given_as_soon_as_it_is_whole():
    goes_on = asyncio.Event()
    async with asked(CHUNKED + b"6\r\none\ntw\r\n", goes_on, b"2\r\no\n\r\n0\r\n\r\n") as (answer, _):
        assert await answer.lines() == [b"one"]
        goes_on.set()
        assert await all_lines(answer) == [b"two"]


async def test_a_refusal_is_read_whole():
    said = b"HTTP/1.1 422 No\r\ncontent-length: 6\r\n\r\n"
    async with asked(said, b"why", b"not") as (answer, _):
        assert (await answer.status(), await answer.body()) == (422, b"whynot")


@pytest.mark.parametrize("said", [(None,), (b"SSH-2.0\r\n",), (b"HTTP/1.1 200", None)])
async def test_whoever_does_not_answer_in_http_is_lost(said: tuple[bytes | None, ...]):
    async with asked(*said) as (answer, _):
        with pytest.raises(exchange.LOST):
            await answer.status()


async def test_what_breaks_within_an_answer_is_told_after_what_came():
    async with asked(CHUNKED + b"4\r\none\n\r\n", b"no chunk\r\n") as (answer, _):
        assert await answer.status() == 200
        with pytest.raises(exchange.LOST):
            await all_lines(answer)


@pytest.mark.parametrize("said", [(), (CHUNKED,), (CHUNKED + b"4\r\none\n\r\n",)])
async def test_silence_ends_it_on_both_sides(said: tuple[bytes, ...]):
    async with asked(*said, silence_s=0.1) as (answer, server):
        with pytest.raises(TimeoutError):
            await all_lines(answer)
        await asyncio.wait_for(server.is_left.wait(), 5)


async def test_closing_it_ends_it_on_the_other_side_too():
    async with asked(CHUNKED + b"4\r\none\n\r\n") as (answer, server):
        assert await answer.lines() == [b"one"]
        answer.close()
        await asyncio.wait_for(server.is_left.wait(), 5)


async def test_the_other_side_has_to_wait_while_much_is_not_asked_for(monkeypatch):
    monkeypatch.setattr(exchange, "MOST_HELD", 100)
    wire = Mock(spec=asyncio.Transport)
    with closing(Exchange(b"", silence_s=5)) as answer:
        answer.connection_made(wire)
        answer.data_received(HEAD + b"content-length: 400\r\n\r\n" + b"x" * 99 + b"\n")
        assert not wire.pause_reading.called
        answer.data_received(b"x" * 99 + b"\n")
        assert wire.pause_reading.called
        assert not wire.resume_reading.called
        assert len(await answer.lines()) == 2
        assert wire.resume_reading.called


@pytest.mark.parametrize("read", [Exchange.body, Exchange.lines])
async def test_a_refusal_or_a_line_without_end_is_given_up(read, monkeypatch):
    monkeypatch.setattr(exchange, "MOST_HELD", 10_000)
    async with asked(HEAD + b"\r\n", b"x" * 30_000) as (answer, _):
        async with asyncio.timeout(3):
            with pytest.raises(exchange.LOST, match="longer than 10000 bytes"):
                await read(answer)


async def test_a_server_that_is_not_there_is_lost():
    with pytest.raises(exchange.LOST):
        await exchange.ask("http://127.0.0.1:9/v1/plan", b"", {}, 1)


async def test_a_planner_behind_tls_is_asked_so_and_must_be_who_it_says(tmp_path, monkeypatch):
    cert, key = certificate(tmp_path, "localhost")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(cert, key)
    server = Server(HEAD + b"content-length: 3\r\n\r\n", b"one")
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=serving) as listening:
        url = f"https://localhost:{listening.sockets[0].getsockname()[1]}/v1/plan"
        with pytest.raises(ssl.SSLCertVerificationError) as refused:
            await exchange.ask(url, b"", {}, 5)
        assert isinstance(refused.value, exchange.LOST)
        trusting = ssl.create_default_context(cafile=str(cert))
        monkeypatch.setattr(exchange, "tls", lambda: trusting)
        with closing(await exchange.ask(url, b"", {}, 5)) as answer:
            assert await all_lines(answer) == [b"one"]
        await asyncio.wait_for(server.is_left.wait(), 5)
