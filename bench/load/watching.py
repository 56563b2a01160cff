"""What the server says of itself while it is under load: who draws, what waits, and how busy the gateway's process is.

Only Weaver tells this (`/v1/status`, `/metrics`); of any other server there are no samples, and the report says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

EVERY_S = 1.0
LOOK_MOST_S = 5.0
"""A server under load answers late, and that is when a look is worth most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. `slots` and `active` count pictures, `cpu_s` the processor time of the gateway that answered, since it began."""

    at_s: float
    workers: int
    slots: int
    active: int
    waiting: int
    responses: int
    cpu_s: float | None
    memory_bytes: float | None


async def watch(
    http: httpx.AsyncClient, headers: dict[str, str], clock: Callable[[], float], samples: list[Sample]
) -> None:
    """Look again and again, until cancelled; a look that fails is left out."""
    while True:
        await asyncio.sleep(EVERY_S)
        sample = await look(http, headers, clock)
        if sample is not None:
            samples.append(sample)


async def look(http: httpx.AsyncClient, headers: dict[str, str], clock: Callable[[], float]) -> Sample | None:
    """One sample, or None if the server does not tell."""
    try:
        status, metrics = await asyncio.gather(
            http.get("/v1/status", headers=headers, timeout=LOOK_MOST_S),
            http.get("/metrics", timeout=LOOK_MOST_S),
        )
        pool = status.raise_for_status().json()["pool"]
        if pool is None:
            return None
        process = _process(metrics.text) if metrics.is_success else {}
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return None
    workers = [worker for worker in pool["workers"] if not worker["draining"]]
    return Sample(
        at_s=clock(),
        workers=len(workers),
        slots=sum(worker["slots"] for worker in workers),
        active=sum(worker["active"] for worker in workers),
        waiting=sum(pool["waiting"].values()),
        responses=status.json()["responses"],
        cpu_s=process.get("process_cpu_seconds_total"),
        memory_bytes=process.get("process_resident_memory_bytes"),
    )


def _process(exposition: str) -> dict[str, float]:
    families = text_string_to_metric_families(exposition)
    return {
        sample.name: sample.value for family in families for sample in family.samples if not sample.labels
    }
