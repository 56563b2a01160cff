"""Whether a pool can draw in time what would be asked of it: what waits and is promised, against the rate at which its workers draw.

The rate is what the workers measure themselves. Where none has drawn anything yet nothing is known, and nothing is refused.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from gateway.answer.errors import STORE_ERRORS, OverLimit, Overloaded
from gateway.tenants.caller import Caller, Quota
from visualizer_service.wire import WorkerInfo

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 0.5
_LOOK_S: Final = 2.0
SURE_SHARE: Final = 0.8
"""Of the time that a picture has: rates change, and a worker may be lost."""
RETRY_AFTER_S: Final = 5.0
MOST_RETRY_AFTER_S: Final = 120.0


class Pool(Protocol):
    """Whoever draws."""

    async def workers(self) -> Sequence[WorkerInfo]:
        """Who is alive in the pool."""
        ...

    async def waiting(self) -> Mapping[str, int]:
        """How many jobs wait for a worker, by class."""
        ...

    async def waiting_of_tenants(self) -> Mapping[str, int]:
        """How many of them are whose, as far as they wait in lines of their own."""
        ...


@dataclass(frozen=True, slots=True)
class Load:
    """A pool at a moment: what waits in it, and how many pictures it draws a second, None where that is not known."""

    waiting: int = 0
    of_tenants: Mapping[str, int] | None = None
    rate_per_s: float | None = None


class PoolLoad:
    """The load of one pool. A picture has `timeout_s` seconds; no more than `most_waiting` jobs may wait."""

    def __init__(self, pool: Pool, timeout_s: float, most_waiting: int | None) -> None:
        self._pool, self._timeout_s, self._most_waiting = pool, timeout_s, most_waiting
        self.now = Load()

    async def keep(self) -> None:
        """Look at the pool, for ever; while it cannot be seen, nothing is known of it."""
        while True:
            try:
                async with asyncio.timeout(_LOOK_S):
                    await self.look()
            except STORE_ERRORS:
                log.warning("can't see the load of the pool", exc_info=True)
                self.now = Load()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """Look at the pool. Raises redis.RedisError and OSError."""
        waiting = await self._pool.waiting()
        of_tenants = await self._pool.waiting_of_tenants()
        self.now = Load(sum(waiting.values()), of_tenants, rate_per_s(await self._pool.workers()))

    def check_own(self, caller: Caller) -> None:
        """Refuse a tenant of which as many pictures wait as may. Raises OverLimit."""
        most = caller.limits.pictures_waiting
        if most is None:
            return
        waiting = (self.now.of_tenants or {}).get(caller.tenant, 0)
        caller.note(Quota("pictures-waiting", most, max(most - waiting, 0), None, None, "pictures"))
        if waiting >= most:
            raise OverLimit(
                f"Your limit is {most} pictures waiting; {waiting} are.",
                code="pictures_waiting",
                retry_after_s=self._until(waiting - most + 1),
            )

    def check(self, promised: float, wanted: int) -> None:
        """Refuse what could not be drawn in time.

        Args:
            promised: pictures of answers under way that do not wait in the pool yet.
            wanted: pictures that one more answer is to have.

        Raises:
            Overloaded: they would be too late.
        """
        if not wanted:
            return
        ahead = self.now.waiting + promised
        if self._most_waiting is not None and ahead + wanted > self._most_waiting:
            words = f"{round(ahead)} pictures wait already, and {self._most_waiting} may."
            raise Overloaded(words, retry_after_s=self._until(ahead + wanted - self._most_waiting))
        if self.now.rate_per_s is None:
            return
        wait_s, most_s = (ahead + wanted) / self.now.rate_per_s, SURE_SHARE * self._timeout_s
        if wait_s > most_s:
            words = f"The pictures would take {wait_s:.0f} s, and may take {self._timeout_s:g} s."
            raise Overloaded(words, retry_after_s=_bounded(wait_s - most_s))

    def _until(self, pictures: float) -> float:
        """Until so many more pictures are drawn."""
        rate = self.now.rate_per_s
        return RETRY_AFTER_S if rate is None else _bounded(pictures / rate)


def rate_per_s(workers: Sequence[WorkerInfo]) -> float | None:
    """How many pictures the workers draw in a second; one that has drawn none counts as the others do on average."""
    drawing = [worker for worker in workers if not worker.draining]
    paces_s = [worker.picture_s for worker in drawing if worker.picture_s]
    if not paces_s:
        return None
    rate = sum(1 / pace_s for pace_s in paces_s)
    return rate * len(drawing) / len(paces_s)


def _bounded(wait_s: float) -> float:
    return min(max(wait_s, 1.0), MOST_RETRY_AFTER_S)
