"""Sentinels that hang or are gone: the next one is asked, soon enough for whoever waits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError

from deploy.local.services import free_ports
from tests.integration.queue.servers import Server
from visualizer_service.queue import connection, primary
from visualizer_service.queue.connection import connect

pytestmark = pytest.mark.integration

ANSWER_S = 0.4
SENTINEL_ANSWER_S = 0.1
# Far less than a sentinel that is asked again and again takes, far more than one that is asked once.
MOST_S = 5.0


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "ANSWER_S", ANSWER_S)
    monkeypatch.setattr(primary, "SENTINEL_ANSWER_S", SENTINEL_ANSWER_S)


@pytest.fixture
def sentinels(redis_url: str, tmp_path: Path) -> Iterator[list[Server]]:
    """Two sentinels that know the Redis that all tests share."""
    with ExitStack() as running:
        started = list[Server]()
        for port in free_ports(0, 0):
            conf = tmp_path / f"{port}.conf"
            conf.write_text(f"sentinel monitor weaver 127.0.0.1 {urlsplit(redis_url).port} 1\n")
            started.append(Server(tmp_path / str(port), port, str(conf), "--sentinel"))
            running.callback(started[-1].kill)
            started[-1].until("weaver", "SENTINEL", "MASTERS")
        yield started


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a sentinel that hangs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def address(*ports: int, query: str = "") -> str:
    return f"redis+sentinel://{','.join(f'127.0.0.1:{port}' for port in ports)}/weaver/0{query}"


async def say(redis: Redis, word: str, *, together: bool) -> object:
    """Have Redis repeat a word, by one command or in a pipeline."""
    if not together:
        return await redis.echo(word)
    async with redis.pipeline(transaction=False) as pipeline:
        pipeline.echo(word)
        [answer] = await pipeline.execute()
    return answer


@pytest.mark.parametrize("together", [False, True], ids=["command", "pipeline"])
@pytest.mark.parametrize("is_hung", [True, False], ids=["hung", "gone"])
async def test_several_that_hang_or_are_gone_cost_a_moment_each(
    sentinels: list[Server], silent: int, is_hung: bool, together: bool
):
    away = [silent] * 3 if is_hung else free_ports(0, 0, 0)
    async with connect(address(*away, sentinels[0].port), patience_s=0) as redis, asyncio.timeout(MOST_S):
        assert await say(redis, "fox", together=together) == b"fox"


@pytest.mark.parametrize("is_hung", [True, False], ids=["hung", "gone"])
async def test_all_stay_known_where_several_connect_at_once_past_one_that_is_away(
    sentinels: list[Server], silent: int, is_hung: bool
):
    ports = [silent if is_hung else free_ports(0)[0], *(sentinel.port for sentinel in sentinels)]
    async with connect(address(*ports), patience_s=0) as redis, asyncio.timeout(MOST_S):
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(say(redis, "fox", together=False))
        pool: Any = redis.connection_pool
        known = [each.connection_pool.connection_kwargs["port"] for each in pool.sentinel_manager.sentinels]
        assert (sorted(known), known[0] != ports[0]) == (sorted(ports), True)


async def test_a_pipeline_whose_connection_breaks_finds_the_primary_although_the_first_sentinel_hangs(
    sentinels: list[Server], redis: Redis
):
    first, second = sentinels
    async with connect(address(first.port, second.port)) as client, asyncio.timeout(MOST_S):
        await client.ping()
        first.hang()
        pipeline = client.pipeline(transaction=False)
        pipeline.blpop(["list"], timeout=60)
        waiting = asyncio.create_task(pipeline.execute())
        await redis.client_kill_filter(_id=await who_waits(redis))
        await redis.rpush("list", "a")
        assert await waiting == [(b"list", b"a")]


async def test_a_pipeline_whose_connection_must_be_made_anew_does_so_within_its_own_time(
    sentinels: list[Server], redis: Redis
):
    async with connect(address(sentinels[0].port), patience_s=1.1 * ANSWER_S) as client:
        await client.ping()
        # The pipeline and one connecting are not answered; with a patience of its own, the connecting would come to be.
        await redis.client_pause(int(2.8 * ANSWER_S * 1000))
        with pytest.raises(connection.STORE_ERRORS):
            await say(client, "fox", together=True)


async def who_waits(redis: Redis) -> str:
    """The client that waits at Redis for something, once there is one."""
    while True:
        clients: list[dict[str, str]] = await redis.client_list()
        for client in clients:
            if "b" in client["flags"]:
                return client["id"]
        await asyncio.sleep(0.01)


async def test_where_all_hang_a_command_fails_once_its_patience_has_ended(silent: int):
    async with connect(address(silent, silent), patience_s=0.2) as redis, asyncio.timeout(MOST_S):
        with pytest.raises(ConnectionError, match="weaver"):
            await redis.ping()


async def test_the_address_may_say_how_long_a_sentinel_is_waited_for(
    sentinels: list[Server], silent: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(primary, "SENTINEL_ANSWER_S", 2 * MOST_S)
    url = address(silent, sentinels[0].port, query=f"?sentinel_socket_timeout={SENTINEL_ANSWER_S}")
    async with connect(url) as redis, asyncio.timeout(MOST_S):
        assert await redis.echo("fox") == b"fox"


def test_what_it_says_of_connections_holds_for_those_to_sentinels_or_to_the_primary_alone():
    redis = connect(
        address(1, query="?sentinel_socket_timeout=3&sentinel_socket_connect_timeout=2&socket_timeout=4")
    )
    pool: Any = redis.connection_pool
    to_sentinel = pool.sentinel_manager.sentinels[0].connection_pool.make_connection()
    assert (to_sentinel.socket_timeout, to_sentinel.socket_connect_timeout) == (3, 2)
    to_primary = pool.make_connection()
    assert (to_primary.socket_timeout, to_primary.socket_connect_timeout) == (4, ANSWER_S)


def test_an_address_that_says_nonsense_of_a_connection_is_refused():
    with pytest.raises(ValueError, match="soon"):
        connect(address(1, query="?sentinel_socket_timeout=soon"))
