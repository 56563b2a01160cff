"""Who may go on with which response: time-limited holds of gateway processes, by Redis' clock.

A holder renews its leases itself, from a thread of its own, so that a busy event loop loses none; the thread says what is read here, too,
so that nobody cancels what a busy process reads. A lease that has ended is no proof:
while Redis takes no writes nobody can renew. So a process takes others' leases for ended only once it could write without a break for
as long as anybody needs to renew.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from redis.asyncio import Redis

from gateway.answer.errors import STORE_ERRORS
from gateway.store import ledger_keys as keys
from gateway.store.ledger_scripts import ENDED, RENEW
from gateway.store.read_marks import mark_read

log = logging.getLogger(__name__)

_MOST_AT_ONCE = 50
# In the time that a lease lasts.
_RENEWALS = 5
# Redis refuses or is gone: ask again soon, for leases run out meanwhile.
_RETRY_S = 0.25
# A process that could not be joined by then is left to die with the main thread.
_JOIN_S = 1.0


class Leases:
    """The leases of one gateway process, `owner`. A lease lasts `lease_s` seconds and is renewed several times in that.

    `interruptions` counts how often Redis took writes again, or was another than before. `loops` renew them, and end if that breaks.
    `reads` tells what is read in this process; another thread asks.
    """

    def __init__(
        self, redis: Redis, owner: str, lease_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.owner = owner
        self.lease_s = lease_s
        self._redis = redis
        self._monotonic = monotonic
        self._ended = redis.register_script(ENDED)
        self._renew = redis.register_script(RENEW)
        self._held: set[str] = set()
        self._writable_since: float | None = None
        self._renewed_at: float | None = None
        self._has_failed = False
        self._server: str | None = None
        self._is_leaving = False
        self.interruptions = 0
        self.reads: Callable[[], Sequence[str]] = tuple
        self.loops: list[asyncio.Task[None]] = []

    async def hold(self, id: str) -> None:
        """Take a lease; it is renewed until it is let go of."""
        self._held.add(id)
        await self.renew(self._redis, only=id)

    async def let_go(self, id: str, *, to_others: bool) -> None:
        """Renew a lease no more. With `to_others` it has ended at once and may be taken; else it is forgotten."""
        self._held.discard(id)
        if to_others:
            await self._redis.zadd(keys.LEASES, {keys.lease(id, self.owner): 0}, xx=True)
        else:
            await self.forget(id, self.owner)

    async def forget(self, id: str, owner: str) -> None:
        """There is nothing more to do for a response, or not by this process."""
        await self._redis.zrem(keys.LEASES, keys.lease(id, owner))

    async def ended(self, after: int = 0) -> list[tuple[str, str]]:
        """Some of the leases that have ended, as (response, who held it), `after` so many; none while that may be Redis' own fault."""
        if self.writable_for_s < self.lease_s / 2:
            return []
        found = await self._ended([keys.LEASES], [after, _MOST_AT_ONCE])
        members = (member.decode(errors="replace").partition(" ") for member in found)
        return [(id, owner) for id, _, owner in members]

    @property
    def is_writable(self) -> bool:
        """Whether Redis takes writes, as far as this process knows; it has no doubt before it has tried."""
        if self._renewed_at is None:
            return not self._has_failed
        return not self._has_failed and self._monotonic() - self._renewed_at < self.lease_s

    @property
    def writable_for_s(self) -> float:
        """For how long Redis has taken writes without a break, as far as this process knows."""
        since = self._writable_since
        return 0.0 if since is None else self._monotonic() - since

    async def is_alive(self, gateway_id: str) -> bool:
        """Whether a gateway process is believed alive."""
        seconds, _ = await self._redis.time()
        until_ms = await self._redis.zscore(keys.ALIVE, gateway_id)
        return until_ms is not None and until_ms > seconds * 1000

    async def others(self) -> bool:
        """Whether another gateway process is alive."""
        seconds, _ = await self._redis.time()
        alive: Any = await self._redis.zrangebyscore(keys.ALIVE, seconds * 1000, "+inf")
        return any(name.decode() != self.owner for name in alive)

    async def leave(self) -> None:
        """Count as alive no more; what is held is renewed all the same."""
        self._is_leaving = True
        await self._redis.zrem(keys.ALIVE, self.owner)

    async def renew(self, redis: Redis, only: str | None = None) -> None:
        """Start all leases anew, or one of them.

        Raises:
            redis.RedisError, OSError: Redis takes no writes.
        """
        ids = tuple(self._held) if only is None else (only,)
        members = [keys.lease(id, self.owner) for id in ids]
        arguments = ["" if self._is_leaving else self.owner, round(self.lease_s * 1000), *members]
        await self._renew([keys.LEASES, keys.ALIVE], arguments, client=redis)

    async def keep(self, redis: Redis) -> None:
        """Renew for ever; `redis` must give up at once, for what matters is whether it takes writes now."""
        while True:
            try:
                await self.renew(redis)
                await mark_read(redis, self.reads(), 2 * self.lease_s / _RENEWALS)
                # A restart between two renewals shows in nothing else.
                server = (await redis.info("server")).get("run_id")
            except STORE_ERRORS:
                if self._writable_since is not None:
                    log.warning("can't renew leases", exc_info=True)
                self._writable_since, self._has_failed = None, True
                await asyncio.sleep(_RETRY_S)
                continue
            is_first = self._writable_since is None
            is_back = self._has_failed or (not is_first and server != self._server)
            self._renewed_at, self._has_failed = self._monotonic(), False
            if is_first or is_back:
                self._server = server
                self._writable_since = self._monotonic()
                self.interruptions += is_back
            await asyncio.sleep(self.lease_s / _RENEWALS)


@asynccontextmanager
async def kept_by_task(leases: Leases, redis: Redis) -> AsyncIterator[None]:
    """Within it this loop renews the leases, for as long as it is not busy."""
    task = asyncio.create_task(leases.keep(redis), name="leases")
    leases.loops = [task]
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@asynccontextmanager
async def kept_by_thread(
    leases: Leases, connect: Callable[[], AbstractAsyncContextManager[Redis]]
) -> AsyncIterator[None]:
    """Within it a thread renews the leases, whatever this loop is busy with."""
    renewing = Future[None]()

    async def keep() -> None:
        async with connect() as redis:
            await leases.keep(redis)

    loop = asyncio.new_event_loop()
    task = loop.create_task(keep(), name="leases")

    def run() -> None:
        renewing.set_running_or_notify_cancel()
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        except BaseException as error:
            renewing.set_exception(error)
        finally:
            loop.close()

    async def watch() -> None:
        await asyncio.wrap_future(renewing)

    thread = threading.Thread(target=run, name="leases", daemon=True)
    thread.start()
    watching = asyncio.create_task(watch(), name="leases")
    leases.loops = [watching]
    try:
        yield
    finally:
        watching.cancel()
        if not loop.is_closed():
            loop.call_soon_threadsafe(task.cancel)
        await asyncio.to_thread(thread.join, _JOIN_S)
