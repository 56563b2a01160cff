"""What one response has told so far, in this process's memory, for all who read it here.

It is heard of from the ledger or, sooner, from whoever has just written it there; whichever comes first counts. It knows nothing of Redis.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.failures import response_failed
from gateway.answer.folding import closing_events, fold


@dataclass(slots=True, eq=False)
class Feed:
    """One response; `events[n]` bears the number n + 1. All `_at` are Unix times in seconds.

    `heard_at` is when something new came, `told_at` when this process itself wrote last, `looked_at` when it was last seen whether there
    can be more; `doubted_at` is since when something has been wrong, `away_at` since when the store has been away. `failure` is why no more
    can be told. `readers` counts them.
    """

    id: str
    heard_at: float
    looked_at: float
    events: list[GatewayEvent] = field(default_factory=list)
    readers: int = 0
    told_at: float = -math.inf
    doubted_at: float | None = None
    away_at: float | None = None
    failure: Exception | None = None
    _waiting: set[asyncio.Future[None]] = field(default_factory=set)

    @property
    def is_over(self) -> bool:
        """Whether nothing follows."""
        return self.failure is not None or (bool(self.events) and isinstance(self.events[-1], LastEvent))

    def add(self, first: int, events: Sequence[GatewayEvent], now: float) -> bool:
        """Take events that are numbered from `first` on, those that are known already included; False if they leave a gap."""
        known = len(self.events) + 1 - first
        if known < 0 or self.is_over:
            return self.is_over
        new = events[known:]
        if new:
            self.events += new
            self.heard_at, self.doubted_at = now, None
            self._wake()
        return True

    def lose(self, now: float) -> None:
        """End it for those who read: the ledger has forgotten what they have seen, or all of it."""
        self.events += closing_events(fold(self.events), response_failed("response_lost", now))
        self._wake()

    def fail(self, why: Exception) -> None:
        """Tell those who read that there is no more for now."""
        self.failure = why
        self._wake()

    async def more(self, seen: int) -> list[GatewayEvent]:
        """What follows the first `seen` events, once there is something. Raises what it failed with."""
        while len(self.events) <= seen:
            if self.failure is not None:
                raise self.failure
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await waiting
            finally:
                self._waiting.discard(waiting)
        return self.events[seen:]

    def doubted_for(self, now: float) -> float:
        """How long something has been wrong, from the first time this is asked."""
        self.doubted_at = self.doubted_at if self.doubted_at is not None else now
        return now - self.doubted_at

    def away_for(self, asked_at: float, now: float) -> float:
        """How long the store has been away that was asked in vain; while it is, nothing else can be told to be wrong."""
        self.doubted_at = None
        self.away_at = self.away_at if self.away_at is not None else asked_at
        return now - self.away_at

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)
