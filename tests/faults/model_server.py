"""What a Redis in memory holds, and when it is away: it fails when told to, in virtual time."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ConnectionError

# As clients wait between two tries: they are back in any order.
_RETRY_S = 0.5


@dataclass
class Data:
    """All that a Redis holds: hashes, streams of (number, fields), sorted sets, strings with the time they end, jobs and replies."""

    hashes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    streams: dict[str, list[tuple[bytes, dict[bytes, bytes]]]] = field(default_factory=dict)
    sets: dict[str, dict[str, float]] = field(default_factory=dict)
    strings: dict[str, float] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    replies: dict[str, list[Any]] = field(default_factory=dict)

    def copied(self) -> Data:
        """The same, and no more changed by what comes."""
        return Data(
            {key: dict(fields) for key, fields in self.hashes.items()},
            {key: list(entries) for key, entries in self.streams.items()},
            {key: dict(members) for key, members in self.sets.items()},
            dict(self.strings),
            dict(self.jobs),
            set(self.seen),
            {key: list(replies) for key, replies in self.replies.items()},
        )


class Server:
    """The one server of all gateways. While it is `away` nobody gets an answer; `lose` gives it back an earlier state."""

    def __init__(self, seed: int = 0) -> None:
        self.data = Data()
        self.chance = random.Random(seed)
        self.run_id = 1
        self._saved = Data()
        self._back = asyncio.Event()
        self._back.set()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    @property
    def away(self) -> bool:
        return not self._back.is_set()

    @away.setter
    def away(self, away: bool) -> None:
        self._back.clear() if away else self._back.set()

    async def back(self, patience_s: float) -> None:
        """Wait until it answers; raises if it does not for so long."""
        give_up_at = asyncio.get_running_loop().time() + patience_s
        while self.away:
            try:
                async with asyncio.timeout_at(give_up_at):
                    await self._back.wait()
            except TimeoutError:
                raise ConnectionError("away") from None
            await asyncio.sleep(self.chance.uniform(0, _RETRY_S))

    async def change(self, keys: tuple[str, ...], timeout_s: float) -> None:
        """Wait until one of these has changed, or for so long."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        for key in keys:
            self._waiting.setdefault(key, []).append(waiting)
        timer = loop.call_later(timeout_s, _wake, waiting)
        try:
            await waiting
        finally:
            timer.cancel()

    def changed(self, key: str) -> None:
        """It has."""
        for future in self._waiting.pop(key, []):
            _wake(future)

    def now(self) -> float:
        return 1_000_000.0 + asyncio.get_running_loop().time()

    def save(self) -> None:
        """What is there now survives."""
        self._saved = self.data.copied()

    def lose(self) -> None:
        """Come back as it was when it was last saved."""
        self.data = self._saved.copied()
        self.run_id += 1
        for key in tuple(self._waiting):
            self.changed(key)


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
