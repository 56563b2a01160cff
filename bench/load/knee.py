"""Where a ramp's goodput stops to follow what is asked, and what stops it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.load.figures import busy, cores, spread, times
from bench.load.mix import Slo
from bench.load.record import Record
from bench.load.scenarios import Load
from bench.load.watching import Sample

GOOD_SHARE: Final = 0.9
"""Below it a stage is beyond the knee."""
BUSY_SHARE: Final = 0.9
CORE_SHARE: Final = 0.9
LATE_S: Final = 0.1
REFUSED_SHARE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Stage:
    """One rate of a ramp, and what was seen of it."""

    rate_per_s: float
    records: list[Record]
    samples: list[Sample]
    good_share: float

    def told(self) -> dict[str, Any]:
        """As the report has it."""
        seen = times(self.records)
        return {
            "rate_per_s": self.rate_per_s,
            "good_share": self.good_share,
            "good_per_s": self.rate_per_s * self.good_share,
            "busy_share": busy(self.samples) if self.samples else None,
            **{name: seen[name] for name in ("first_text", "picture", "picture_stall")},
        }


def stages(load: Load, records: Sequence[Record], samples: Sequence[Sample]) -> list[Stage]:
    """A ramp by its rates; a request belongs to the stage in which it was to be sent."""
    told: list[Stage] = []
    for number, rate_per_s in enumerate(load.rates_per_s):
        begin_s, end_s = number * load.stage_s, (number + 1) * load.stage_s
        asked = [record for record in records if begin_s <= record.send.at_s < end_s]
        seen = [sample for sample in samples if begin_s <= sample.at_s < end_s]
        good = sum(record.is_good(load.mix.slo) for record in asked)
        told.append(Stage(rate_per_s, asked, seen, good / len(asked) if asked else 1.0))
    return told


def knee(told: Sequence[Stage], slo: Slo) -> dict[str, Any]:
    """The highest rate up to which every stage was good, and what limits the stage after it."""
    held = 0
    while held < len(told) and told[held].good_share >= GOOD_SHARE:
        held += 1
    beyond = told[held] if held < len(told) else None
    return {
        "knee_per_s": told[held - 1].rate_per_s if held else None,
        "reached": beyond is not None,
        "limit": limit(beyond.records, beyond.samples, slo)
        if beyond
        else "not reached: every rate was answered in time",
    }


def limit(records: Sequence[Record], samples: Sequence[Sample], slo: Slo) -> str:
    """What most likely keeps these requests from being answered in time, in words."""
    late = spread([record.late_s for record in records])
    if late and late["p95_s"] > LATE_S:
        return (
            f"this load generator: it sends {late['p95_s']:.1f} s late (p95); give it a processor of its own"
        )
    found = [_pool(samples), _refusals(records), _gateway(samples), _planner(records, samples, slo)]
    named = [words for words in found if words]
    return "; ".join(named) or "unknown: the server says nothing that would explain it"


def _pool(samples: Sequence[Sample]) -> str | None:
    if not samples or busy(samples) < BUSY_SHARE:
        return None
    first, last = samples[0].waiting, samples[-1].waiting
    grows = f"the queue grows from {first} to {last} jobs" if last > first else f"{last} jobs wait"
    return f"visualizers busy {busy(samples):.0%}, {grows}"


def _refusals(records: Sequence[Record]) -> str | None:
    refused = Counter(record.code for record in records if record.outcome == "refused")
    if not records or refused.total() < REFUSED_SHARE * len(records):
        return None
    code, _ = refused.most_common(1)[0]
    return f"the gateway refuses {refused.total()} of {len(records)} requests: {code}"


def _gateway(samples: Sequence[Sample]) -> str | None:
    used = cores(samples)
    return f"the gateway's process uses {used:.0%} of a core" if used and used >= CORE_SHARE else None


def _planner(records: Sequence[Record], samples: Sequence[Sample], slo: Slo) -> str | None:
    first_text = spread([took for record in records if (took := record.first_text_s) is not None])
    if slo.first_text_s is None or first_text is None or first_text["p95_s"] <= slo.first_text_s:
        return None
    beside = f", visualizers are busy {busy(samples):.0%}" if samples else ""
    return f"the planner: first text takes {first_text['p95_s']:.1f} s (p95){beside}"
