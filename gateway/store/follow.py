"""Reading a response as it happens, in any gateway process.

A follower reads the ledger and nothing else, so the first reader, a resuming one and plain REST are one code path. It writes nothing:
a response whose gateway is gone is gone on with by another (see `running`). It never waits for ever: where the ledger is gone, or has
forgotten what its reader has seen, it makes up the last events for that reader; where the store is away for too long, it says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Self

from gateway.answer.document import Document, apply, closing_events, fold
from gateway.answer.errors import STORE_ERRORS, NotFound, StoreUnavailable
from gateway.answer.events import LastEvent
from gateway.answer.failures import response_failed
from gateway.answer.request import Request
from gateway.store.ledger import Ledger, Numbered, Standing
from gateway.timeouts import Timeouts

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5.0
"""What a reader is told to wait for a store that is away."""


@dataclass(slots=True)
class _Reading:
    """How far one reader is; `doubted_at` is since when something has been wrong, `heard_at` when it last got an event."""

    request: Request
    heard_at: float
    seen: int = 0
    document: Document = field(default_factory=Document)
    doubted_at: float | None = None
    away_at: float | None = None

    def add(self, batch: list[Numbered], now: float) -> None:
        self.seen, _ = batch[-1]
        self.document = fold((event for _, event in batch), self.document)
        self.heard_at, self.doubted_at = now, None

    def doubted_for(self, now: float) -> float:
        """How long something has been wrong, from the first time this is asked."""
        self.doubted_at = self.doubted_at if self.doubted_at is not None else now
        return now - self.doubted_at

    def away_for(self, asked_at: float, now: float) -> float:
        """How long the store has been away that was asked in vain; while it is, nothing else can be told to be wrong."""
        self.doubted_at = None
        self.away_at = self.away_at if self.away_at is not None else asked_at
        return now - self.away_at


class Follower:
    """Readers of one gateway process; used as an async context manager, within which it tells owners that they are read."""

    def __init__(self, ledger: Ledger, timeouts: Timeouts, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._timeouts = timeouts
        self._clock = clock
        self._readers: Counter[str] = Counter()
        self.loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.loops = [asyncio.create_task(self._mark(), name="read marks")]
        return self

    async def __aexit__(self, *_: object) -> None:
        for loop in self.loops:
            loop.cancel()
        await asyncio.wait(self.loops)

    async def follow(self, id: str) -> AsyncGenerator[Numbered]:
        """All events from the first on, those to come included; the last one is always a `LastEvent`.

        Close it when the reader leaves: while it is open, a foreground response goes on.

        Raises:
            NotFound: there is no such response.
            StoreUnavailable: the store has been away for too long; the response may well go on.
            redis.RedisError, OSError: Redis is away before the first event.
        """
        reading = await self._open(id)
        self._readers[id] += 1
        try:
            while True:
                for number, event in await self._next(reading):
                    yield number, event
                    if isinstance(event, LastEvent):
                        return
        finally:
            self._readers[id] -= 1
            if not self._readers[id]:
                del self._readers[id]

    async def document(self, id: str) -> Document:
        """What a response amounts to now.

        Raises:
            NotFound: there is no such response.
            redis.RedisError, OSError: Redis is away.
        """
        reading = await self._open(id)
        while batch := await self._ledger.events(id, reading.seen):
            reading.add(batch, self._clock())
        return reading.document

    async def ended(self, id: str) -> Document:
        """What a response amounts to once it has ended; waits for that as any reader does."""
        document = Document()
        async with aclosing(self.follow(id)) as events:
            async for _, event in events:
                document = apply(document, event)
        return document

    async def _open(self, id: str) -> _Reading:
        request = await self._ledger.request(id)
        if request is None:
            raise NotFound(f"There is no response {id}.")
        return _Reading(request, self._clock())

    async def _next(self, reading: _Reading) -> list[Numbered]:
        """The next events; none if there is nothing new after a while."""
        asked_at = self._clock()
        try:
            batch = await self._ledger.events(reading.request.id, reading.seen, block_s=self._timeouts.beat_s)
            if not batch:
                return await self._look_around(reading)
        except STORE_ERRORS:
            log.warning("can't read the ledger", exc_info=True, extra={"response": reading.request.id})
            away_s = reading.away_for(asked_at, self._clock())
            if away_s >= self._timeouts.store_s:
                raise _away(away_s) from None
            await asyncio.sleep(self._timeouts.beat_s)
            return []
        reading.away_at = None
        reading.add(batch, self._clock())
        return batch

    async def _look_around(self, reading: _Reading) -> list[Numbered]:
        """Nothing came: see whether anything still can."""
        now = self._clock()
        standing = await self._ledger.standing(reading.request.id)
        reading.away_at = None
        if self._may_go_on(reading, standing, now):
            reading.doubted_at = None
            return []
        if reading.doubted_for(now) <= self._timeouts.doubt_s:
            return []
        last = response_failed("response_lost", now)
        return list(enumerate(closing_events(reading.document, last), start=reading.seen + 1))

    def _may_go_on(self, reading: _Reading, standing: Standing | None, now: float) -> bool:
        """Whether the ledger is the one that was read, and can still say more; its owner mends it at once if it is alive."""
        if standing is None:
            return False
        if standing.last > reading.seen:
            return True
        is_open = standing.last == reading.seen and standing.state == "in_progress"
        return is_open and now - reading.heard_at <= self._timeouts.silence_s

    async def _mark(self) -> None:
        while True:
            try:
                await self._ledger.mark_read(tuple(self._readers), self._timeouts.read_mark_ttl_s)
            except STORE_ERRORS:
                log.warning("can't mark what is read", exc_info=True)
            await asyncio.sleep(self._timeouts.beat_s)


def _away(away_s: float) -> StoreUnavailable:
    return StoreUnavailable(
        f"The store of answers has been away for {away_s:.0f} s. The answer may well go on; ask for it again later.",
        retry_after_s=RETRY_AFTER_S,
    )
