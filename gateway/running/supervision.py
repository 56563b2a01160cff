"""Loops that go on for as long as the process does. One that ends has met a defect of ours, and takes the process with it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, Self

log = logging.getLogger(__name__)

_AGAIN_S = 0.2


class Loops:
    """The loops of one process. `broken` is set once one of them has ended; used as an async context manager, which ends those started."""

    def __init__(self) -> None:
        self.broken = asyncio.Event()
        self._started: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pending = set(self._started)
        while pending:
            # A read at Redis that ends just then may swallow a cancellation, and the loop would go on.
            for task in pending:
                task.cancel()
            pending = (await asyncio.wait(pending, timeout=_AGAIN_S))[1]

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Begin a loop."""
        self._started.append(asyncio.create_task(work, name=name))
        self.watch(self._started[-1:])

    def watch(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Look after loops that somebody else begins and ends."""
        for task in tasks:
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            log.critical("a loop has ended: %s", task.get_name(), exc_info=task.exception())
            self.broken.set()
