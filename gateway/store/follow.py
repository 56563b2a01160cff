"""Reading a response as it happens, in any gateway process.

A follower writes nothing: a response whose gateway is gone is gone on with by another (see `running`). The first reader, a resuming one and
plain REST are one code path.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Self

from gateway.answer.document import Document
from gateway.answer.errors import STORE_ERRORS, NotFound
from gateway.answer.events import GatewayEvent, LastEvent
from gateway.answer.folding import fold
from gateway.store.feeds import Feeds
from gateway.store.ledger import Ledger
from gateway.store.values import Numbered
from gateway.timeouts import Timeouts

log = logging.getLogger(__name__)

_CANCEL_AGAIN_S = 0.2


class Follower:
    """Readers of one gateway process; used as an async context manager, within which it tells owners that they are read."""

    def __init__(self, ledger: Ledger, timeouts: Timeouts, clock: Callable[[], float]) -> None:
        self._ledger = ledger
        self._timeouts = timeouts
        self._feeds = Feeds(ledger, timeouts, clock)
        self.loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self.loops = [
            asyncio.create_task(self._mark(), name="read marks"),
            asyncio.create_task(self._feeds.read(), name="reader of answers"),
            asyncio.create_task(self._feeds.interrupt(), name="interruptions of the reader"),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        pending = set(self.loops)
        while pending:
            # A read at Redis that ends just then may swallow a cancellation, and the loop would go on.
            for loop in pending:
                loop.cancel()
            pending = (await asyncio.wait(pending, timeout=_CANCEL_AGAIN_S))[1]

    def reads(self) -> tuple[str, ...]:
        """The responses that are read here now; any thread may ask."""
        return self._feeds.ids()

    async def batches(self, id: str) -> AsyncGenerator[list[GatewayEvent]]:
        """All events from the first on, those to come included, as many at a time as there are; the last one is always a `LastEvent`.

        Close it when the reader leaves: while it is open, a foreground response goes on.

        Raises:
            NotFound: there is no such response.
            StoreUnavailable: the store has been away for too long; the response may well go on.
            redis.RedisError, OSError: Redis is away before the first event.
        """
        feed = await self._feeds.enter(id)
        seen = 0
        try:
            while True:
                events = await feed.more(seen)
                yield events
                if isinstance(events[-1], LastEvent):
                    return
                seen += len(events)
        finally:
            self._feeds.leave(feed)

    async def follow(self, id: str) -> AsyncGenerator[Numbered]:
        """As `batches`, one by one, with their numbers."""
        numbers = itertools.count(1)
        async with aclosing(self.batches(id)) as batches:
            async for batch in batches:
                for event in batch:
                    yield next(numbers), event

    async def document(self, id: str) -> Document:
        """What a response amounts to now.

        Raises:
            NotFound: there is no such response.
            redis.RedisError, OSError: Redis is away.
        """
        if await self._ledger.standing(id) is None:
            raise NotFound(f"There is no response {id}.")
        events: list[GatewayEvent] = []
        while batch := await self._ledger.events(id, len(events)):
            events += [event for _, event in batch]
        return fold(events)

    async def ended(self, id: str) -> Document:
        """What a response amounts to once it has ended; waits for that as any reader does."""
        async with aclosing(self.batches(id)) as batches:
            return fold([event async for batch in batches for event in batch])

    async def _mark(self) -> None:
        while True:
            try:
                await self._ledger.mark_read(self.reads(), self._timeouts.read_mark_ttl_s)
            except STORE_ERRORS:
                log.warning("can't mark what is read", exc_info=True)
            await asyncio.sleep(self._timeouts.beat_s)
