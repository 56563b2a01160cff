"""Gives the system back what memory a worker does not use.

Threads encode pictures, so what is free in the C library's heap lies between what is not, and of itself it keeps all of it: workers that
drew small pictures for half an hour grew by 8 %.
"""

from __future__ import annotations

import asyncio
import ctypes

from visualizer_service.worker.held import HeldJobs

# What is given back is to be taken anew by the next picture, a quarter of a second for each gigabyte.
EVERY_S = 30.0


async def give_back_free_memory(held_jobs: HeldJobs) -> None:
    """While nothing is held, and not too often, for ever; a C library that cannot be asked is left alone."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.sleep(EVERY_S)
        await held_jobs.emptied.wait()
        await asyncio.to_thread(trim, 0)
