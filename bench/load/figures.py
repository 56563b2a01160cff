"""A load test's figures, from what became of each request. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from bench.load.mix import Slo
from bench.load.record import Record
from bench.load.watching import Sample
from bench.serving.figures import quantile

PERCENTILES = (50, 95, 99)
WINDOWS = 20
TIMELINE = ("asked", "good", "refused", "broken", "pictures")


def spread(samples_s: Sequence[float]) -> dict[str, float] | None:
    """Percentiles and the longest, in seconds, and how many there were; None of none."""
    if not samples_s:
        return None
    told = {f"p{percent}_s": quantile(samples_s, percent) for percent in PERCENTILES}
    return told | {"max_s": max(samples_s), "samples": len(samples_s)}


def figures(records: Sequence[Record], slo: Slo, lasts_s: float) -> dict[str, Any]:
    """All that can be said of some requests of a test whose sending took `lasts_s`."""
    good = [record for record in records if record.is_good(slo)]
    pictures = sum(len(record.pictures_s) for record in records)
    until_s = max([lasts_s, *(record.ended_s for record in records)])
    return {
        "asked": len(records),
        "outcomes": dict(Counter(record.outcome for record in records)),
        "codes": dict(Counter(f"{record.outcome}: {record.code}" for record in records if record.code)),
        "failed_pictures": dict(Counter(code for record in records for code in record.failed)),
        "lost": sum(record.lost for record in records),
        "doubled": sum(record.doubled for record in records),
        "offered_per_s": len(records) / lasts_s,
        "good_share": len(good) / len(records) if records else None,
        "goodput_per_s": len(good) / until_s,
        "pictures": pictures,
        "pictures_per_s": pictures / until_s,
        **times(records),
    }


def timeline(records: Sequence[Record], slo: Slo, lasts_s: float) -> list[dict[str, float]]:
    """The test in `WINDOWS` spans of time, each with its begin and what happened a second: requests by when they were to be sent, pictures by
    when they came.
    """
    width_s = lasts_s / WINDOWS
    rows = [Counter[str]() for _ in range(WINDOWS)]
    for record in records:
        row = rows[min(int(record.send.at_s / width_s), WINDOWS - 1)]
        row["asked"] += 1
        row["good"] += record.is_good(slo)
        row["refused"] += record.outcome == "refused"
        row["broken"] += record.outcome in ("failed", "cut", "overdue")
        for at_s in record.pictures_s.values():
            if at_s < lasts_s:
                rows[int(at_s / width_s)]["pictures"] += 1
    return [
        {"at_s": number * width_s} | {f"{name}_per_s": row[name] / width_s for name in TIMELINE}
        for number, row in enumerate(rows)
    ]


def times(records: Iterable[Record]) -> dict[str, dict[str, float] | None]:
    """How long everything took. Refused requests count for `refusal` alone."""
    answered = [record for record in records if record.outcome != "refused"]
    refused = [record for record in records if record.outcome == "refused"]
    return {
        "first_text": spread([took for one in answered if (took := one.first_text_s) is not None]),
        "first_preview": spread([took for one in answered if (took := one.first_preview_s) is not None]),
        "picture": spread([took for one in answered for took in one.each_picture_s]),
        "picture_stall": spread([took for one in answered for took in one.stalls_s]),
        "text_gap": spread([took for one in answered for took in one.text_gaps_s]),
        "answer": spread([one.answer_s for one in answered if one.outcome == "completed"]),
        "refusal": spread([one.answer_s for one in refused]),
        "sent_late": spread([one.late_s for one in records]),
    }


def pool(samples: Sequence[Sample], pictures_per_s: float) -> dict[str, Any] | None:
    """What the server said of itself, over the whole test; None if it said nothing."""
    if not samples:
        return None
    workers = sum(sample.workers for sample in samples) / len(samples)
    return {
        "workers": workers,
        "busy_share": busy(samples),
        "most_waiting": max(sample.waiting for sample in samples),
        "pictures_per_worker_and_s": pictures_per_s / workers if workers else None,
        "gateway_cores": cores(samples),
        "gateway_memory_bytes": {
            "first": samples[0].memory_bytes,
            "last": samples[-1].memory_bytes,
        },
    }


def busy(samples: Sequence[Sample]) -> float:
    """Which share of all places for pictures was taken; 1 where there is no place at all and something waits."""
    slots = sum(sample.slots for sample in samples)
    if slots == 0:
        return 1.0 if any(sample.waiting for sample in samples) else 0.0
    return sum(sample.active for sample in samples) / slots


def cores(samples: Sequence[Sample]) -> float | None:
    """How much of a processor core the gateway's process used."""
    known = [(sample.at_s, sample.cpu_s) for sample in samples if sample.cpu_s is not None]
    if len(known) < 2 or known[-1][0] <= known[0][0]:
        return None
    return (known[-1][1] - known[0][1]) / (known[-1][0] - known[0][0])
