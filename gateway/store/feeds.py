"""All responses that are read in one process: one reader of Redis for all of them, however many read each.

What this process itself writes comes from its memory as soon as it is written down, also to whoever comes later, so Redis is asked only for what
others write, and for what has been silent for a while. Nobody waits for ever: where the ledger is gone, or has forgotten what was read, the last
events are made up; where the store is away for too long, its readers are told so.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Sequence

from gateway.answer.errors import STORE_ERRORS, NotFound, StoreUnavailable
from gateway.answer.events import GatewayEvent
from gateway.store.feed import Feed
from gateway.store.ledger import Ledger
from gateway.store.values import Standing
from gateway.timeouts import Timeouts

log = logging.getLogger(__name__)

RETRY_AFTER_S = 5.0
"""What a reader is told to wait for a store that is away."""


class Feeds:
    """The responses that are read here, by id; `read` must run for anything to come, and `interrupt` for it to come at once."""

    def __init__(self, ledger: Ledger, timeouts: Timeouts, clock: Callable[[], float]) -> None:
        self._ledger, self._timeouts, self._clock = ledger, timeouts, clock
        self._feeds: dict[str, Feed] = {}
        self._id = secrets.token_hex(8)
        self._opened, self._is_missed = asyncio.Event(), asyncio.Event()
        self._is_asking = False
        ledger.listen(self._told)

    def ids(self) -> tuple[str, ...]:
        """What is read now; any thread may ask."""
        return tuple(feed.id for feed in tuple(self._feeds.values()) if feed.readers)

    async def enter(self, id: str) -> Feed:
        """Begin to read a response; `leave` ends it.

        Raises:
            NotFound: there is no such response.
            redis.RedisError, OSError: Redis is away.
        """
        feed = self._feeds.get(id)
        if feed is None:
            if await self._ledger.standing(id) is None:
                raise NotFound(f"There is no response {id}.")
            now = self._clock()
            feed = self._feeds.setdefault(id, Feed(id, now, now))
        feed.readers += 1
        self._opened.set()
        if self._is_asking and not self._is_told(feed):
            self._is_missed.set()
        return feed

    def leave(self, feed: Feed) -> None:
        """Read no more; what nobody reads is forgotten."""
        feed.readers -= 1
        if not feed.readers:
            self._drop(feed)

    async def read(self) -> None:
        """Read whatever is read here, for ever."""
        after = "0-0"
        while True:
            self._opened.clear()
            silent = self._silent()
            if not silent:
                await self._pause()
                continue
            asked_at = self._clock()
            try:
                self._is_asking = True
                after = await self._ask(silent, after)
                self._is_asking = False
                await self._look_around(silent)
            except STORE_ERRORS:
                self._is_asking = False
                log.warning("can't read the ledger", exc_info=True)
                self._is_away(silent, asked_at)
                await asyncio.sleep(self._timeouts.beat_s)

    async def interrupt(self) -> None:
        """Have the reader that waits at Redis look at what was opened since, for ever. A Redis that takes no writes is read all the same, later."""
        while True:
            await self._is_missed.wait()
            self._is_missed.clear()
            try:
                await self._ledger.interrupt(self._id)
            except STORE_ERRORS:
                log.warning("can't interrupt the reader of answers", exc_info=True)

    def _silent(self) -> list[Feed]:
        """Those of which this process has written nothing for a while; what nobody reads of it is forgotten."""
        silent = [feed for feed in self._feeds.values() if not self._is_told(feed)]
        for feed in silent:
            if not feed.readers:
                self._drop(feed)
        return [feed for feed in silent if feed.readers]

    async def _ask(self, feeds: Sequence[Feed], after: str) -> str:
        wanted = {feed.id: len(feed.events) for feed in feeds}
        found, after = await self._ledger.news(wanted, self._id, after, self._timeouts.beat_s)
        now = self._clock()
        for feed in feeds:
            feed.away_at = None
            if numbered := found.get(feed.id):
                first, _ = numbered[0]
                feed.add(first, [event for _, event in numbered], now)
        return after

    async def _pause(self) -> None:
        """There is nothing to ask Redis for a while."""
        try:
            async with asyncio.timeout(self._timeouts.beat_s):
                await self._opened.wait()
        except TimeoutError:
            pass

    def _is_told(self, feed: Feed) -> bool:
        return feed.is_over or self._clock() - feed.told_at < self._timeouts.beat_s

    def _told(self, id: str, first: int, events: Sequence[GatewayEvent]) -> None:
        """This process has written events down; with the first of them a response begins."""
        now = self._clock()
        feed = self._feeds.get(id)
        if feed is None and first == 1:
            feed = self._feeds[id] = Feed(id, now, now)
        if feed is None:
            return
        if feed.add(first, events, now):
            feed.told_at = now
        if feed.is_over and not feed.readers:
            self._drop(feed)

    async def _look_around(self, feeds: Sequence[Feed]) -> None:
        """Of those from which nothing came for a while: see whether anything still can."""
        now = self._clock()
        beat_s = self._timeouts.beat_s
        quiet = [feed for feed in feeds if now - max(feed.heard_at, feed.looked_at) >= beat_s]
        if not quiet:
            return
        standings = await self._ledger.standings([feed.id for feed in quiet])
        for feed, standing in zip(quiet, standings, strict=True):
            feed.looked_at = now
            if self._may_go_on(feed, standing, now):
                feed.doubted_at = None
            elif feed.doubted_for(now) > self._timeouts.doubt_s:
                self._drop(feed)
                feed.lose(now)

    def _may_go_on(self, feed: Feed, standing: Standing | None, now: float) -> bool:
        """Whether the ledger is the one that was read, and can still say more; its owner mends it at once if it is alive."""
        if feed.is_over:
            return True
        if standing is None:
            return False
        if standing.last > len(feed.events):
            return True
        is_open = standing.last == len(feed.events) and standing.state == "in_progress"
        return is_open and now - feed.heard_at <= self._timeouts.silence_s

    def _is_away(self, feeds: Sequence[Feed], asked_at: float) -> None:
        now = self._clock()
        for feed in feeds:
            away_s = feed.away_for(asked_at, now)
            if away_s >= self._timeouts.store_s:
                self._drop(feed)
                feed.fail(_away(away_s))

    def _drop(self, feed: Feed) -> None:
        if self._feeds.get(feed.id) is feed:
            del self._feeds[feed.id]


def _away(away_s: float) -> StoreUnavailable:
    return StoreUnavailable(
        f"The store of answers has been away for {away_s:.0f} s. The answer may well go on; ask for it again later.",
        retry_after_s=RETRY_AFTER_S,
    )
