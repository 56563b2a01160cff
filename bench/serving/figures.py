"""Numbers from samples. It knows nothing of what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from itertools import pairwise

MS = 1000.0


def quantile(samples: Sequence[float], percent: int) -> float:
    """A percentile between 1 and 99, interpolated between neighbours; of a single sample, that one."""
    if len(samples) == 1:
        return samples[0]
    return statistics.quantiles(samples, n=100, method="inclusive")[percent - 1]


def spread_ms(name: str, samples_s: Sequence[float]) -> dict[str, float]:
    """Median and 99th percentile of seconds, in milliseconds, and how many samples there were."""
    return {
        f"{name}.p50_ms": MS * quantile(samples_s, 50),
        f"{name}.p99_ms": MS * quantile(samples_s, 99),
        f"{name}.samples": len(samples_s),
    }


def gaps(times: Sequence[float]) -> list[float]:
    """The time between each and the one after it."""
    return [after - before for before, after in pairwise(times)]


def most_at_once(spans: Iterable[tuple[float, float]]) -> int:
    """How many spans of time overlap at most; one that begins when another ends does not overlap it."""
    changes = sorted((time, change) for begin, end in spans for time, change in ((begin, 1), (end, -1)))
    open_now = most = 0
    for _, change in changes:
        open_now += change
        most = max(most, open_now)
    return most


def numbering(numbers: Sequence[int]) -> tuple[int, int]:
    """Of a stream whose events are numbered from 0: how many are lost, and how many doubled."""
    seen = set(numbers)
    return max(seen, default=-1) + 1 - len(seen), len(numbers) - len(seen)
