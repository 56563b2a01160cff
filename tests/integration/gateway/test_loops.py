"""The loops of a gateway end with it."""

from __future__ import annotations

import asyncio

from gateway.running.supervision import Loops


async def test_a_loop_whose_cancellation_was_swallowed_once_ends_all_the_same():
    swallowed = False

    async def loop() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if swallowed:
                    raise
                swallowed = True

    async with asyncio.timeout(10), Loops() as loops:
        loops.start(loop(), "swallows")
        await asyncio.sleep(0)

    assert swallowed
    assert not loops.broken.is_set()
