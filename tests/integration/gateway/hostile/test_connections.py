"""Connections that say nothing, half of something, or never read: none of them keeps anybody else from being served."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.gateway.hostile.target import Target, started

pytestmark = pytest.mark.integration

HALF_A_HEAD = b"POST /v1/responses HTTP/1.1\r\nHost: gateway\r\nContent-Type: appli"
HALF_A_BODY = (
    b"POST /v1/responses HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n{"input": "'
)
ASK = {"input": "A story"}


@contextlib.contextmanager
def open_connections(target: Target, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        opened = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(target.address, timeout=20))
            with contextlib.suppress(ConnectionError):
                one.sendall(said)
            opened.append(one)
        yield opened


@contextlib.contextmanager
def open_requests(target: Target, count: int) -> Iterator[list[socket.socket]]:
    """Requests of which half a body has come; the gateway is at all of them."""
    with open_connections(target, count, HALF_A_BODY) as opened:
        for one in opened:
            assert one.recv(100).startswith(b"HTTP/1.1 100 ")
        yield opened


def closed(one: socket.socket) -> bool:
    """Whether the other side has closed it, sooner or later."""
    try:
        while one.recv(65536):
            pass
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


def answer_of(one: socket.socket) -> bytes:
    told = b""
    with contextlib.suppress(ConnectionError):
        while piece := one.recv(65536):
            told += piece
    return told


@pytest.mark.parametrize("said", [b"", HALF_A_HEAD], ids=["nothing", "half a head"])
def test_more_silent_connections_than_descriptors_leave_room_for_whoever_asks(
    redis_url: str, said: bytes
) -> None:
    with started(redis_url, descriptors=256) as target, open_connections(target, 300, said):
        used_s = target.cpu_s()
        answers = [httpx.post(f"{target.url}/v1/responses", json=ASK, timeout=20) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [200] * 5
        assert target.cpu_s() - used_s < 2, "it spins"
        target.process.kill()
        assert target.process.stderr is not None
        assert target.process.stderr.read().count("\n") < 20


def test_a_connection_too_many_is_told_so_where_all_are_being_answered(redis_url: str) -> None:
    with (
        started(redis_url, most_connections=8, most_connections_per_address=8) as target,
        open_requests(target, 8),
        open_connections(target, 1, b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n") as (late,),
    ):
        told = answer_of(late)

    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 5" in told
    assert b"too_many_connections" in told


def test_one_address_cannot_have_all_connections(redis_url: str) -> None:
    with (
        started(redis_url, most_connections=8, most_connections_per_address=4) as target,
        open_requests(target, 4),
        open_connections(target, 1, b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n\r\n") as (late,),
    ):
        other = socket.create_connection(target.address, timeout=20, source_address=("127.0.0.2", 0))
        with other:
            other.sendall(b"GET /healthz HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n")
            assert answer_of(other).startswith(b"HTTP/1.1 200 ")
        assert b"too_many_connections" in answer_of(late)


def test_headers_that_do_not_come_in_time_end_the_connection_however_they_trickle(redis_url: str) -> None:
    with started(redis_url, headers_s=0.3) as target, open_connections(target, 3, HALF_A_HEAD) as halves:
        for _ in range(40):
            with contextlib.suppress(ConnectionError):
                halves[0].sendall(b"x")
        assert all(closed(half) for half in halves)
        assert httpx.get(f"{target.url}/healthz").status_code == 200


def test_a_body_that_does_not_come_is_told_so(redis_url: str) -> None:
    with (
        started(redis_url, body_s=0.2, headers_s=0.2) as target,
        open_requests(target, 1) as (half,),
    ):
        assert half.recv(65536).startswith(b"HTTP/1.1 408 ")
        assert closed(half)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: gateway\r\n" + b"a: b\r\n" * 5000,
        b"GET /healthz HTTP/1.1\r\nHost: gateway\r\na: " + b"b" * 100_000,
        b"GET /" + b"a" * 100_000,
        b"\r\n" * 5000,
    ],
    ids=["many", "long", "a long path", "empty lines"],
)
def test_more_headers_than_are_read_end_the_connection(redis_url: str, head: bytes) -> None:
    with started(redis_url) as target, open_connections(target, 1, head) as (one,):
        assert closed(one)
        assert httpx.get(f"{target.url}/healthz").status_code == 200


# For the silent one, more than the kernel takes in for a reader.
FEW, MANY = 10, 60


@contextlib.contextmanager
def reader(target: Target, pages: int) -> Iterator[socket.socket]:
    """One who has asked for the same long page many times, and whose own buffer is small."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        one.settimeout(20)
        one.connect(target.address)
        one.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: gateway\r\n\r\n" * pages)
        yield one


def test_whoever_never_reads_an_answer_is_let_go_and_whoever_reads_slowly_is_not(redis_url: str) -> None:
    with started(redis_url, write_s=0.3) as target, httpx.Client(base_url=target.url) as http:
        page = http.get("/openapi.json").content
        before = target.descriptors()
        with reader(target, MANY) as silent, reader(target, FEW) as slow:
            read = b""
            while read.count(page) < FEW:
                piece = slow.recv(65536)
                assert piece, "a slow reader was cut"
                read += piece
                assert http.get("/healthz").status_code == 200
            while target.descriptors() > before + 1:
                http.get("/healthz")
            assert answer_of(silent).count(page) < MANY


def test_a_steady_reader_for_whom_the_kernel_holds_megabytes_is_not_cut(redis_url: str) -> None:
    with (
        started(redis_url, write_s=0.15) as target,
        httpx.Client(base_url=target.url) as http,
        socket.create_connection(target.address, timeout=20) as steady,
    ):
        size = len(http.get("/openapi.json").content) * MANY
        steady.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: gateway\r\n\r\n" * MANY)
        read = 0
        while read < size:
            piece = steady.recv(16384)
            assert piece, f"cut after {read} of {size} bytes"
            read += len(piece)
            http.get("/healthz")
