"""What a worker counts and measures, under `/metrics` on its side port."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_ROWS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
_SIDES_PX: Final = (128, 256, 512, 768, 1024, 1536, 2048)
"""Sizes are told apart roughly, or every odd size would be a time series of its own."""

JOBS = Counter("visualizer_jobs", "Jobs ended here, by how they ended.", ["outcome"])
ATTEMPTS = Counter("visualizer_attempts", "Jobs claimed, by how often they were tried before.", ["attempt"])
LEASE_LOSSES = Counter("visualizer_lease_losses", "Claims that another worker took over.")
GIVEN_BACK = Counter("visualizer_given_back", "Jobs handed to other workers when this one left.")
QUEUE_WAIT = Histogram("visualizer_queue_wait_seconds", "From queued to claimed.", buckets=_SECONDS)
DRAW = Histogram("visualizer_draw_seconds", "From the first step to the picture stored.", buckets=_SECONDS)
STEP = Histogram("visualizer_step_seconds", "One step of all active tasks.", buckets=_SECONDS)
PHASE = Histogram("visualizer_phase_seconds", "One phase of a picture.", ["phase", "size"], buckets=_SECONDS)
BATCH = Histogram("visualizer_batch_rows", "Pictures that share a call of the model.", buckets=_ROWS)
CACHE = Counter("visualizer_cache_lookups", "What was looked for in a cache.", ["cache", "outcome"])
ACTIVE = Gauge("visualizer_active_tasks", "Tasks in the engine.")
CLAIMED = Gauge("visualizer_claimed_jobs", "Jobs claimed and not ended.")
CACHE_BYTES = Gauge("visualizer_cache_bytes", "Held of prompts and references, by cache.", ["cache"])
CACHE_EVICTIONS = Counter("visualizer_cache_evictions", "Pushed out by something newer.", ["cache"])

Phase = Literal["fetch", "encode", "reference", "step", "decode", "upload"]
"""References read from the store; texts encoded; references encoded; one call of the model; latents made a picture; the picture stored."""


@contextmanager
def timed(phase: Phase, pixels: int | None = None) -> Generator[None]:
    """Measure a phase, of a picture of so many pixels or of none; one that fails counts too."""
    began = time.monotonic()
    try:
        yield
    finally:
        PHASE.labels(phase, size(pixels)).observe(time.monotonic() - began)


def size(pixels: int | None) -> str:
    """The side of the smallest square that has as many pixels, `larger` beyond all, `any` where there is no picture."""
    if pixels is None:
        return "any"
    return next((str(side) for side in _SIDES_PX if pixels <= side * side), "larger")


def looked_up(cache: Literal["prompt", "reference"], is_hit: bool) -> None:
    """Count what was looked for in a cache."""
    CACHE.labels(cache, "hit" if is_hit else "miss").inc()
