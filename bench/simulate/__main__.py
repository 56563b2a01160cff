"""`python -m bench.simulate`: how large a system must be, simulated with measured times; `--against-real` compares with the real stack first.

It prints tables and writes `out/bench-simulate.json`. All figures but those called real are simulated.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.simulate.capacity import checked, need
from bench.simulate.figures import Outcome, simulate
from bench.simulate.model import H100_KLEIN_4B_512, H100_KLEIN_4B_1024, Story, System
from bench.simulate.real import compare

OUT = Path("out/bench-simulate.json")
STORY = Story(pictures=4)
STORIES_PER_MIN = (10, 60, 300, 1000)
LASTS_S = 120.0
WORKERS = (1, 2, 4, 8)
STREAMS = (20, 40, 60, 80, 100, 140)
"""At one gateway, 20 tokens a second each."""


def main() -> None:
    """Simulate, print, write."""
    console = Console()
    told: dict[str, object] = {"date": time.strftime("%Y-%m-%d", time.gmtime())}
    if "--against-real" in sys.argv[1:]:
        pairs = compare(Path("out/bench-simulate"), WORKERS)
        console.print(
            *(
                f"{pair.workers} workers, {pair.what}: real {pair.real:.2f}, simulated {pair.simulated:.2f}, {pair.off:+.1%}"
                for pair in pairs
            ),
            sep="\n",
        )
        told["against_real"] = [asdict(pair) | {"off": pair.off} for pair in pairs]
    told["capacity"] = _capacity(console)
    told["gateway"] = _gateway(console)
    told["large"] = _large(console)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    console.print(f"written to {OUT}")


def _capacity(console: Console) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for device in (H100_KLEIN_4B_1024, H100_KLEIN_4B_512):
        table = Table(
            "stories/min",
            "GPUs",
            "gateways",
            "planners",
            "streams",
            "picture p50/p95 s",
            "answer p95 s",
            title=device.name,
            title_justify="left",
        )
        for stories in STORIES_PER_MIN:
            system = System(device, 1)
            wanted = need(system, STORY, stories)
            seen = checked(system, STORY, wanted, LASTS_S)
            table.add_row(
                *map(
                    str,
                    (stories, wanted.visualizers, wanted.gateways, wanted.planners, round(wanted.streams)),
                ),
                f"{seen.picture_p50_s:.1f} / {seen.picture_p95_s:.1f}",
                f"{seen.answer_p95_s:.1f}",
            )
            rows.append({"device": device.name, **asdict(wanted), **_told(seen)})
        console.print(table)
    return rows


def _gateway(console: Console) -> list[dict[str, object]]:
    """Text alone, at one gateway: where does it begin to stutter?"""
    table = Table(
        "streams at once",
        "text waits for the gateway, p99 ms",
        title="One gateway, 20 tokens a second each",
        title_justify="left",
    )
    rows: list[dict[str, object]] = []
    for streams in STREAMS:
        story = Story(pictures=0, tokens=400)
        system = System(H100_KLEIN_4B_512, 1, stream_tokens_per_s=20, planner_tokens_per_s=1e6)
        seen = simulate(system, story, streams / 20, 120)
        table.add_row(str(streams), f"{1000 * seen.text_late_p99_s:.0f}")
        rows.append({"streams": streams, **_told(seen)})
    console.print(table)
    return rows


def _large(console: Console) -> dict[str, object]:
    """1,000 visualizers and 10,000 streams: does the shape hold, if there are gateways and planners enough?"""
    system = System(H100_KLEIN_4B_1024, 1000)
    writing_s = (
        system.first_token_s + (5 * STORY.tokens + 4 * STORY.description_tokens) / system.stream_tokens_per_s
    )
    per_min = 60 * min(10_000 / writing_s, 0.8 * 1000 * system.device.pictures_per_s / STORY.pictures)
    wanted = replace(need(system, STORY, per_min), visualizers=1000)
    seen: Outcome = checked(system, STORY, wanted, 30)
    console.print(
        f"1,000 visualizers, {per_min:.0f} stories a minute: {seen.most_open} answers open at once, {wanted.gateways} gateways, {wanted.planners} planners, a picture in {seen.picture_p50_s:.1f} / {seen.picture_p95_s:.1f} s (p50 / p95)"
    )
    return asdict(wanted) | _told(seen)


def _told(seen: Outcome) -> dict[str, object]:
    return {name: value for name, value in asdict(seen).items() if name != "drawn_s"}


if __name__ == "__main__":
    main()
