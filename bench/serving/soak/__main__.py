"""`python -m bench.serving.soak [MINUTES]`: tenants, readers and hostile clients come and go; how much does each process grow after the first five?

It writes `out/bench-soak.json`. A growth is the median memory of the last five minutes ÷ that of the
sixth to the tenth, less 1: a body of megabytes comes every few seconds, and what it took is given back only after a while.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

import httpx

from bench.bars import Bar
from bench.report import processor, report
from bench.serving.bed import bed
from bench.serving.soak.people import ADMIN_KEY, tenant
from bench.serving.soak.processes import memory_mb, started
from bench.serving.soak.vandals import bodies, deafness, silence
from visualizer_service.engine.simulated import Simulation

MINUTES = 30
SETTLED_S = 300
WINDOW_S = 300
LOOK_S = 5.0
TENANTS, WORKERS = 8, 4
QUICK = Simulation(steps=4, step_ms=50, sizes=((512, 512),))
SETTINGS = {
    "ADMIN_KEY": ADMIN_KEY,
    "API_KEYS": '{"vandal-key": "vandals"}',
    "KEEP_S": 60,
    "PATIENCE__RESPONSE_S": 60,
    "WRITE_S": 5,
}
"""Answers take and are kept so shortly that within the first minutes as many are forgotten as come."""
MOST_GROWTH = 0.05


def main() -> None:
    """Measure, print, write."""
    minutes = float(sys.argv[1]) if sys.argv[1:] else MINUTES
    directory = Path("out/bench-soak")
    directory.mkdir(parents=True, exist_ok=True)
    with (
        bed(directory) as made,
        made.gateway("soak", **SETTINGS) as front,
        made.visualizers("soak", WORKERS, QUICK),
    ):
        figures = asyncio.run(_soak(front.url, 60 * minutes))
    about = {"device": f"{os.cpu_count()} cores of {processor()}", "minutes": minutes}
    bars = [Bar(key, MOST_GROWTH, at_least=False) for key in figures if key.endswith(".growth")]
    report("soak", figures, about, (*bars, Bar("errors", 0, at_least=False)))


async def _soak(url: str, lasts_s: float) -> dict[str, float]:
    well, ill, looks = Counter[str](), Counter[str](), list[tuple[float, dict[int, float]]]()
    pids = started()
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http,
        httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as vandal,
    ):
        vandal.headers["authorization"] = "Bearer vandal-key"
        async with asyncio.TaskGroup() as group:
            at_work = [group.create_task(tenant(http, random.Random(n), well)) for n in range(TENANTS)]
            at_work += [
                group.create_task(act(vandal, random.Random(9), ill)) for act in (bodies, silence, deafness)
            ]
            began = time.monotonic()
            while (now := time.monotonic() - began) < lasts_s:
                looks.append((now, memory_mb(pids)))
                if len(looks) % 12 == 0:
                    told = ", ".join(f"{pids[pid]} {mb:.1f}" for pid, mb in looks[-1][1].items())
                    print(
                        f"{now / 60:.0f} min, {well.total()} asked, {ill.total()} attacks; MiB: {told}",
                        flush=True,
                    )
                await asyncio.sleep(LOOK_S)
            for task in at_work:
                task.cancel()
    for counted in (well, ill):
        print(*(f"{count:7} {what}" for what, count in sorted(counted.items())), sep="\n")
    # A tenant's own limits may refuse; whatever else is not an answer is an error.
    bad = [what for what in well if what.partition(": ")[2] not in ("completed", "left", "429")]
    crashed = [what for what in ill if what.partition(": ")[2] in ("500", "502", "504")]
    return growths(pids, looks, lasts_s) | {
        "asked": well.total(),
        "attacks": ill.total(),
        "errors": sum(well[what] for what in bad) + sum(ill[what] for what in crashed),
    }


def growths(
    pids: dict[int, str], looks: list[tuple[float, dict[int, float]]], lasts_s: float
) -> dict[str, float]:
    """By name the process of its kind that grew most, and how large one of it is at the end."""
    settled_s, window_s = min(SETTLED_S, lasts_s / 3), min(WINDOW_S, lasts_s / 3)
    figures = dict[str, float]()
    for pid, name in pids.items():
        first = [
            memory[pid] for at, memory in looks if settled_s <= at < settled_s + window_s and pid in memory
        ]
        last = [memory[pid] for at, memory in looks if at >= lasts_s - window_s and pid in memory]
        if first and last:
            growth = statistics.median(last) / statistics.median(first) - 1
            figures[f"{name}.growth"] = max(growth, figures.get(f"{name}.growth", growth))
            figures[f"{name}.mb"] = max(statistics.median(last), figures.get(f"{name}.mb", 0.0))
    return figures


if __name__ == "__main__":
    main()
