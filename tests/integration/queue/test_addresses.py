"""Addresses of a Redis that is more than a host and a port: one that sentinels know, and one that speaks TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis.asyncio import SSLConnection
from redis.exceptions import ConnectionError

from deploy.local.services import free_ports
from tests.integration.queue.servers import START_S, Server
from tests.tls_site import certificate
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """A primary, and a sentinel that will make its replica the primary."""
    primary_port, replica_port, sentinel_port = free_ports(0, 0, 0)
    conf = tmp_path / "sentinel.conf"
    conf.write_text(
        f"sentinel monitor weaver 127.0.0.1 {primary_port} 1\n"
        "sentinel down-after-milliseconds weaver 500\n"
        "sentinel failover-timeout weaver 2000\n"
    )
    with ExitStack() as running:

        def started(name: str, port: int, *words: str) -> Server:
            server = Server(tmp_path / name, port, *words)
            running.callback(server.kill)
            server.until("True", "PING")
            return server

        primary = started("primary", primary_port, "--save", "")
        replica = started(
            "replica", replica_port, "--save", "", "--replicaof", "127.0.0.1", str(primary_port)
        )
        replica.until("'master_link_status': 'up'", "INFO")
        sentinel = started("sentinel", sentinel_port, str(conf), "--sentinel")
        sentinel.until(str(replica_port), "SENTINEL", "REPLICAS", "weaver")
        yield primary, sentinel


async def test_the_primary_that_sentinels_know_is_found_and_after_it_the_next(watched: tuple[Server, Server]):
    primary, sentinel = watched
    async with connect(f"redis+sentinel://127.0.0.1:{sentinel.port}/weaver/0") as redis:
        await redis.set("a", 1)
        assert await redis.wait(1, 10_000) == 1
        await asyncio.to_thread(primary.kill)
        await redis.set("b", 2)
        assert await redis.mget("a", "b") == [b"1", b"2"]


async def test_a_command_under_way_while_the_primary_fails_goes_on_at_the_next(
    watched: tuple[Server, Server],
):
    primary, sentinel = watched
    url = f"redis+sentinel://127.0.0.1:{sentinel.port}/weaver/0"
    async with connect(url) as redis, connect(url) as other:
        waiting = asyncio.create_task(redis.blpop(["list"], timeout=60))
        await asyncio.to_thread(primary.until, "cmd=blpop", "CLIENT", "LIST")
        await asyncio.to_thread(primary.kill)
        await other.rpush("list", "a")
        assert await waiting == (b"list", b"a")


async def test_sentinels_that_know_no_such_primary_are_an_error_that_says_so(watched: tuple[Server, Server]):
    _, sentinel = watched
    async with connect(f"redis+sentinel://127.0.0.1:{sentinel.port}/other/0", patience_s=0) as redis:
        with pytest.raises(ConnectionError, match="other"):
            await redis.ping()


@pytest.mark.parametrize("url", ["redis+sentinel://127.0.0.1:26379", "rediss+sentinel://127.0.0.1/"])
def test_an_address_of_sentinels_without_a_name_is_refused_and_says_what_is_missing(url: str):
    with pytest.raises(ValueError, match="redis\\+sentinel://HOST:PORT/NAME"):
        connect(url)


def passing_on(listener: socket.socket, tls: ssl.SSLContext, redis_port: int) -> None:
    """What a Redis with TLS does, in front of one without: for one client, and one answer to each message."""
    with (
        suppress(OSError),
        listener.accept()[0] as plain,
        tls.wrap_socket(plain, server_side=True) as client,
        socket.create_connection(("127.0.0.1", redis_port)) as redis,
    ):
        while message := client.recv(2**16):
            redis.sendall(message)
            client.sendall(redis.recv(2**16))


@pytest.mark.parametrize("is_trusted", [True, False], ids=["trusted", "not trusted"])
async def test_a_redis_that_speaks_tls_is_reached_only_by_who_trusts_it(
    redis_url: str, tmp_path: Path, is_trusted: bool
):
    path, key = certificate(tmp_path, "localhost")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(START_S)
        redis_port = urlsplit(redis_url).port or 0
        serve = asyncio.create_task(asyncio.to_thread(passing_on, listener, serving, redis_port))
        address = f"rediss://localhost:{listener.getsockname()[1]}/0"
        async with connect(
            f"{address}?ssl_ca_certs={path}" if is_trusted else address, patience_s=0
        ) as redis:
            if is_trusted:
                assert await redis.ping()
            else:
                with pytest.raises(ConnectionError, match="certificate"):
                    await redis.ping()
        await serve


def test_sentinels_may_know_a_primary_that_speaks_tls():
    redis = connect("rediss+sentinel://127.0.0.1:26379/weaver/0?ssl_ca_certs=/ca.pem")
    connection = redis.connection_pool.make_connection()
    assert isinstance(connection, SSLConnection)
