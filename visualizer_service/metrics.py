"""What a worker counts and measures, under `/metrics` on its side port."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)

JOBS = Counter("visualizer_jobs", "Jobs ended here, by how they ended.", ["outcome"])
ATTEMPTS = Counter("visualizer_attempts", "Jobs claimed, by how often they were tried before.", ["attempt"])
LEASE_LOSSES = Counter("visualizer_lease_losses", "Claims that another worker took over.")
GIVEN_BACK = Counter("visualizer_given_back", "Jobs handed to other workers when this one left.")
QUEUE_WAIT = Histogram("visualizer_queue_wait_seconds", "From queued to claimed.", buckets=_SECONDS)
DRAW = Histogram("visualizer_draw_seconds", "From the first step to the picture stored.", buckets=_SECONDS)
STEP = Histogram("visualizer_step_seconds", "One step of all active tasks.", buckets=_SECONDS)
ACTIVE = Gauge("visualizer_active_tasks", "Tasks in the engine.")
CLAIMED = Gauge("visualizer_claimed_jobs", "Jobs claimed and not ended.")
CACHE_BYTES = Gauge("visualizer_cache_bytes", "Held of prompts and references, by cache.", ["cache"])
CACHE_HITS = Counter("visualizer_cache_hits", "Encoded before and found.", ["cache"])
CACHE_MISSES = Counter("visualizer_cache_misses", "Not found, so encoded.", ["cache"])
CACHE_EVICTIONS = Counter("visualizer_cache_evictions", "Pushed out by something newer.", ["cache"])
