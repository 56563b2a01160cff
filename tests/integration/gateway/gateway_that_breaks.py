"""A gateway process in which one of the loops that it cannot do without ends at SIGUSR1, as by a defect: `python -m` this."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.app import wired
from gateway.http.container import Container
from gateway.main import serve
from gateway.settings import Settings


async def until_signalled() -> None:
    signalled = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, signalled.set)
    await signalled.wait()
    raise RuntimeError("a defect")


@asynccontextmanager
async def breakable(settings: Settings) -> AsyncIterator[Container]:
    async with wired(settings) as container:
        container.loops.start(until_signalled(), "a loop with a defect")
        yield container


if __name__ == "__main__":
    asyncio.run(serve(Settings(), breakable))
