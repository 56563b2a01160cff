"""A gateway process with defects that signals bring out: `python -m` this.

SIGUSR1 ends one of the loops that it cannot do without; SIGUSR2 holds its event loop up for `BUSY_S` seconds.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.assembly import wired
from gateway.http.container import Container
from gateway.main import serve
from gateway.settings import Settings

BUSY_S = 15.0
"""Longer than a lease."""


async def _until(signalled: asyncio.Event) -> None:
    await signalled.wait()
    raise RuntimeError("a defect")


def _be_busy() -> None:
    until = time.monotonic() + BUSY_S
    while time.monotonic() < until:
        pass


@asynccontextmanager
async def _faulty(settings: Settings) -> AsyncIterator[Container]:
    signalled, loop = asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, signalled.set)
    loop.add_signal_handler(signal.SIGUSR2, _be_busy)
    async with wired(settings) as container:
        container.loops.start(_until(signalled), "a loop with a defect")
        yield container


if __name__ == "__main__":
    asyncio.run(serve(Settings(), _faulty))
