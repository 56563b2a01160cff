"""The goals of serving: those of the design that need no model."""

from __future__ import annotations

from typing import Final

from bench.bars import Bar
from bench.serving.crowd.large import WRITE_S


def _most(key: str, value: float) -> Bar:
    return Bar(key, value, at_least=False)


def _least(key: str, value: float) -> Bar:
    return Bar(key, value, at_least=True)


BARS: Final = (
    _least("overlap.efficiency", 0.90),
    _least("overlap.speedup", 1.5),
    _most("dispatch.p50_ms", 5),
    _most("dispatch.p99_ms", 25),
    _most("stitch.p50_ms", 15),
    _most("stitch.p99_ms", 50),
    _most("text_gap.added_p99_ms", 10),
    _most("overhead.serving", 0.03),
    _least("large.whole", 1),
    _most("large.silent_s", 2 * WRITE_S + 1),
    _most("large.rss_mb", 600),
    _least("scale.2", 0.95),
    _least("scale.4", 0.95),
    _least("scale.8", 0.95),
    _least("scale.crowded", 0.95),
    _most("cancel.queued_ms", 100),
    _most("cancel.running_extra_ms", 100),
    _most("killed.over_lease_s", 1),
    _most("killed.lost", 0),
    _most("killed.doubled", 0),
    _most("restart.failed", 0),
    _least("overload.goodput", 0.9),
    _most("overload.refusal.p99_ms", 10),
    _most("overload.without_retry_after", 0),
    _most("neighbour.ratio_p95", 1.25),
    _most("neighbour.refused", 0),
    _least("streams.completed", 200),
    _least("streams.at_once", 200),
    _most("streams.rss_mb", 500),
    _least("crowd.whole", 1),
    _most("crowd.token_us", 100),
    _most("crowd.added.p99_ms", 60),
    _most("crowd.stream_kb", 200),
    _least("plans.whole", 1),
    _most("plans.token_us", 100),
    _least("readers.whole", 1),
    _least("readers.others_whole", 1),
)
AGAINST_RIVALS: Final = (_most("dispatch.of_best.p50", 1), _most("dispatch.of_best.p99", 1))
"""Where the rivals are installed."""
