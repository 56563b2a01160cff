"""Redis' clock, by which every machine judges what is late: their own may differ by minutes."""

from __future__ import annotations

import asyncio
import logging
import time

from redis.asyncio import Redis

from visualizer_service.queue.connection import RECONNECT_S, STORE_ERRORS

log = logging.getLogger(__name__)

_SET_EVERY_S = 30.0
# Clocks that differ by less are the same, as far as can be measured.
_NOISE_S = 0.1


class StoreClock:
    """Unix time in seconds as Redis has it, which is `ahead_s` ahead of this machine; its own until it was first set."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.ahead_s = 0.0

    def now(self) -> float:
        """The time; exact to half of what Redis took to answer when it was last set."""
        return time.time() + self.ahead_s

    async def set(self) -> None:
        """Ask Redis for the time.

        Raises:
            redis.RedisError, OSError: Redis is away.
        """
        asked_at = time.time()
        seconds, microseconds = await self._redis.time()
        took_s = time.time() - asked_at
        ahead_s = seconds + microseconds / 1e6 - (asked_at + took_s / 2)
        self.ahead_s = ahead_s if abs(ahead_s) > _NOISE_S else 0.0

    async def keep(self) -> None:
        """Set it again and again, for ever."""
        while True:
            try:
                await self.set()
            except STORE_ERRORS:
                log.warning("can't ask Redis for the time", exc_info=True)
                await asyncio.sleep(RECONNECT_S)
            else:
                await asyncio.sleep(_SET_EVERY_S)
