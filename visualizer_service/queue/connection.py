"""The one policy for a Redis that is away: hung, refusing to write and gone are the same, and each command is tried again for a time.

A command answers or fails within its patience and one `ANSWER_S` more, whatever Redis does. It may have been carried out although its
answer was lost, so every command of ours must be safe to send twice.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    MasterDownError,
    MaxConnectionsError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TimeoutError,
    TryAgainError,
)

from visualizer_service.queue.primary import primary

STORE_ERRORS = (RedisError, OSError)
"""What a command raises when Redis is away or misbehaves; a lost answer included."""
ANSWER_S: Final = 5.0
"""How long Redis may take to answer. No read that waits there for something to come waits longer than a fifth of it."""
BLOCK_S: Final = 0.5
"""How long a read waits at Redis for something to come."""
RECONNECT_S: Final = 0.5
"""How long a loop waits before it asks again a Redis that was away for longer than its patience."""
PATIENCE_S: Final = 30.0
"""How long a command is tried again: a restart of Redis with its data takes seconds, a failover ten."""

# Every reader that waits holds a connection; beyond redis-py's own 100 a command would fail at once.
_MOST_CONNECTIONS = 10_000
# How Redis says that it will not write, or not yet; inside a script's error the words stand after others.
_PASSING = ("READONLY", "OOM ", "MISCONF", "LOADING", "MASTERDOWN", "NOREPLICAS", "UNBLOCKED", "TRYAGAIN")
_TCP_WANTED = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 15_000}
_TCP_LIMITS = {getattr(socket, name): value for name, value in _TCP_WANTED.items() if hasattr(socket, name)}

T = TypeVar("T")

# A command that has to connect anew does so within its own time.
_give_up_at: ContextVar[float | None] = ContextVar("give_up_at", default=None)


def is_away(error: Exception) -> bool:
    """Whether an error passes by itself once Redis is back; any other is a mistake, of ours or of the operator."""
    match error:
        case MaxConnectionsError() | AuthenticationError():
            return False
        case ConnectionError() | TimeoutError() | OSError():
            return True
        # Of these redis-py has taken the word away that says so.
        case ReadOnlyError() | OutOfMemoryError() | MasterDownError() | TryAgainError():
            return True
        case ResponseError():
            return any(word in str(error) for word in _PASSING)
    return False


class Patience(Retry):
    """Tries each command again while Redis is away, until `patience_s` seconds have gone by since it was first sent."""

    def __init__(self, patience_s: float) -> None:
        super().__init__(ExponentialWithJitterBackoff(base=0.02, cap=0.5), -1, STORE_ERRORS)  # type: ignore[arg-type]  # an OSError, too, is retried
        self._patience_s = patience_s

    async def call_with_retry(
        self,
        do: Callable[[], Awaitable[T]],
        fail: Callable[..., Any],
        is_retryable: Callable[[Exception], bool] | None = None,
        with_failure_count: bool = False,
    ) -> T:
        """As redis-py describes it; `fail` lets go of the connection, so that the next try looks for the primary anew."""
        began = _give_up_at.get()
        give_up_at = time.monotonic() + self._patience_s if began is None else began
        token = _give_up_at.set(give_up_at)
        failures, cancels = 0, _cancels()
        try:
            while True:
                try:
                    answer = await do()
                    # A read with a time limit may swallow a cancellation that comes as it ends. Within another command, such as the
                    # connecting that is part of it, that one raises it, at its end: a connection half made would be used as if it were whole.
                    if began is None and _cancels() > cancels:
                        raise asyncio.CancelledError
                    return answer
                except STORE_ERRORS as error:
                    if not is_away(error) or (is_retryable is not None and not is_retryable(error)):
                        raise
                    failures += 1
                    await (fail(error, failures) if with_failure_count else fail(error))
                    # So may a sending with one, whose command then fails instead.
                    if _cancels() > cancels:
                        raise asyncio.CancelledError from error
                    if time.monotonic() >= give_up_at:
                        raise
                    await asyncio.sleep(self._backoff.compute(failures))
        finally:
            _give_up_at.reset(token)


def _cancels() -> int:
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def connect(url: str, patience_s: float = PATIENCE_S) -> Redis:
    """A client that outlasts a Redis that is away for `patience_s` seconds; with 0, each command is sent once.

    Besides redis-py's own addresses it takes `redis+sentinel://HOST:PORT,HOST:PORT/NAME/DB`, the primary that these sentinels call
    NAME, and `rediss+sentinel://`, the same where it speaks TLS. A user and password before the hosts are the primary's; those of the
    sentinels stand behind, as `?sentinel_username=…&sentinel_password=…`.

    Raises:
        ValueError: the address cannot be read.
    """
    options: dict[str, Any] = {
        "socket_timeout": ANSWER_S,
        "socket_connect_timeout": ANSWER_S,
        "socket_keepalive": True,
        "socket_keepalive_options": _TCP_LIMITS,
        "health_check_interval": 15,
        "max_connections": _MOST_CONNECTIONS,
        "retry": Patience(patience_s),
    }
    scheme, _, _ = url.partition("://")
    if scheme not in ("redis+sentinel", "rediss+sentinel"):
        return Redis.from_url(url, **options)
    return primary(url, options, has_tls=scheme.startswith("rediss"))
