"""The primary Redis that sentinels know, asked for anew by whoever has to connect again."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis
from redis.asyncio.connection import URL_QUERY_ARGUMENT_PARSERS
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelManagedConnection, SentinelManagedSSLConnection
from redis.backoff import NoBackoff

SENTINEL_ANSWER_S: Final = 1.0
"""How long a sentinel may take to answer before the next is asked: several may hang, and the command that waits still has its time."""


class _Asking(SentinelManagedConnection):
    """Asks the sentinels before each connecting.

    redis-py's own asks before the first only: a command under way while the primary fails tries the same address for as long as its
    patience lasts, and so misses the next primary (redis-py issue 3874).
    """

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        if not self.is_connected:
            await self.connect()
        await super().send_packed_command(command, check_health)


class _AskingByTls(_Asking, SentinelManagedSSLConnection):
    """The same where the primary speaks TLS."""


class _Sentinels(Sentinel):
    """All that the address names, however many connect at once.

    redis-py puts the one that answers first, by an exchange in the one list: two that do so together may leave one there twice, and lose
    another for good.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """As redis-py describes it."""
        asked = copy(self)
        asked.sentinels = list(self.sentinels)
        address = await super(_Sentinels, asked).discover_master(service_name)
        self.sentinels = asked.sentinels
        return address


class _Primary(Redis):
    """The primary that sentinels know; closing it closes the connections to them, too."""

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        pool: Any = self.connection_pool
        for sentinel in pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def primary(url: str, options: dict[str, Any], *, has_tls: bool) -> Redis:
    """A client of the primary that this address names; `options` are a connection's.

    Raises:
        ValueError: the address cannot be read.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    name, _, database = parts.path.strip("/").partition("/")
    if not name:
        raise ValueError(
            "a Sentinel address names the primary after its hosts: redis+sentinel://HOST:PORT/NAME"
        )
    query = {key: _value(key, text) for key, text in parse_qsl(parts.query)}
    sentinels = {
        key.removeprefix("sentinel_"): query.pop(key) for key in list(query) if key.startswith("sentinel_")
    }
    sentinel = _Sentinels(
        [_host(host) for host in hosts.split(",")], sentinel_kwargs={**_sentinel_options(), **sentinels}
    )
    return sentinel.master_for(
        name,
        _Primary,
        **{**options, **query},
        db=int(database or 0),
        ssl=has_tls,
        connection_class=_AskingByTls if has_tls else _Asking,
        username=unquote(user) or None,
        password=unquote(password) or None,
    )


def _host(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":") if ":" in text else (text, "", "26379")
    return host, int(port)


def _sentinel_options() -> dict[str, Any]:
    """How long a connection to a sentinel waits. None is tried again: there is the next, and who connects asks all of them again."""
    return {
        "socket_timeout": SENTINEL_ANSWER_S,
        "socket_connect_timeout": SENTINEL_ANSWER_S,
        "socket_keepalive": True,
        "retry": Retry(NoBackoff(), 0),
    }


def _value(key: str, text: str) -> Any:
    """What an address says of a connection, as redis-py reads it where no sentinels are."""
    return URL_QUERY_ARGUMENT_PARSERS.get(key.removeprefix("sentinel_"), str)(text)
