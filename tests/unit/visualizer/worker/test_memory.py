"""What is free between what is in use goes back to the system, but not while pictures are made."""

from __future__ import annotations

import asyncio
import ctypes
from pathlib import Path

import pytest

from tests.unit.visualizer.worker.test_held import a_claim
from visualizer_service.worker import memory
from visualizer_service.worker.held import HeldJobs

pytestmark = pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this C library cannot be asked"
)

BLOCK_BYTES, BLOCKS, KEPT_ONE_IN = 64 * 1024, 2_000, 20


def resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 2**20


def with_holes() -> list[bytes]:
    """What is left of much memory after nearly all of it was let go of."""
    return [b"x" * BLOCK_BYTES for _ in range(BLOCKS)][::KEPT_ONE_IN]


async def test_a_worker_with_nothing_to_draw_gives_its_free_memory_back(monkeypatch):
    monkeypatch.setattr(memory, "EVERY_S", 0)
    kept = await asyncio.to_thread(with_holes)
    before_mb = resident_mb()
    giving = asyncio.create_task(memory.give_back_free_memory(HeldJobs(1)))
    async with asyncio.timeout(20):
        while before_mb - resident_mb() < 0.5 * BLOCK_BYTES * BLOCKS / 2**20:  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
    giving.cancel()
    assert len(kept) == BLOCKS // KEPT_ONE_IN


async def test_a_worker_that_holds_a_job_goes_on_with_the_memory_it_has(monkeypatch):
    monkeypatch.setattr(memory, "EVERY_S", 0)
    held_jobs = HeldJobs(1)
    held_jobs.take(a_claim("1-0"), 0)
    kept = await asyncio.to_thread(with_holes)
    before_mb = resident_mb()
    giving = asyncio.create_task(memory.give_back_free_memory(held_jobs))
    for _ in range(1000):
        await asyncio.sleep(0)
    giving.cancel()
    assert before_mb - resident_mb() < 5
    assert len(kept) == BLOCKS // KEPT_ONE_IN
