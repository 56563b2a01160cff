"""What the engine's caches did since the last look, added to the worker's counters."""

from __future__ import annotations

from collections.abc import Mapping

from visualizer_service import metrics
from visualizer_service.engine.cache import CacheFigures

_NOTHING = CacheFigures(0, 0, 0, 0, 0)


class CacheMetrics:
    """Counts what is new in each look."""

    def __init__(self) -> None:
        self._seen: Mapping[str, CacheFigures] = {}

    def look(self, caches: Mapping[str, CacheFigures]) -> None:
        """Count what happened since the last look, and note what is held."""
        for name, now in caches.items():
            before = self._seen.get(name, _NOTHING)
            metrics.CACHE_BYTES.labels(name).set(now.bytes)
            metrics.CACHE_EVICTIONS.labels(name).inc(now.evictions - before.evictions)
        self._seen = dict(caches)
