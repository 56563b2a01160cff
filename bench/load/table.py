"""What somebody who watches a load test sees: a table that is drawn anew each second, or where there is no terminal, a line now and then."""

from __future__ import annotations

import asyncio
from collections import Counter

from rich.console import Console
from rich.live import Live
from rich.table import Table

from bench.load.figures import times
from bench.load.record import Record
from bench.load.running import Progress

REDRAW_S = 1.0
LINE_EVERY_S = 5.0
COLUMNS = ("first_text", "first_preview", "picture", "picture_stall", "answer")


async def show(progress: Progress, console: Console) -> None:
    """Show how it goes until cancelled."""
    if not console.is_terminal:
        while True:
            await asyncio.sleep(LINE_EVERY_S)
            console.print(line(progress), soft_wrap=True)
    with Live(table(progress), console=console, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(REDRAW_S)
            live.update(table(progress), refresh=True)


def line(progress: Progress) -> str:
    """One line: what was sent and became of it, and who draws."""
    seen = Counter(record.outcome for record in progress.records)
    ended = ", ".join(f"{count} {outcome}" for outcome, count in sorted(seen.items())) or "none ended"
    sent = len(progress.records) + progress.open
    return f"{progress.now_s:6.0f} s  {sent} of {progress.total} sent, {progress.open} open, {ended}{_pool(progress)}"


def table(progress: Progress) -> Table:
    """Medians and 95th percentiles in seconds, a row for each kind of question."""
    told = Table(title=line(progress), title_justify="left")
    for name in ("question", "ended", "completed", "refused", "broken", "lost", "doubled"):
        told.add_column(name, justify="left" if name == "question" else "right")
    for name in COLUMNS:
        told.add_column(f"{name.replace('_', ' ')}\np50 / p95 s", justify="right")
    for key in sorted({_key(record) for record in progress.records}):
        told.add_row(key, *_row([record for record in progress.records if _key(record) == key]))
    return told


def _key(record: Record) -> str:
    return f"{record.send.kind.name}, {record.send.group}"


def _row(records: list[Record]) -> list[str]:
    seen = Counter(record.outcome for record in records)
    broken = len(records) - seen["completed"] - seen["refused"]
    counts = [len(records), seen["completed"], seen["refused"], broken]
    counts += [sum(record.lost for record in records), sum(record.doubled for record in records)]
    taken = times(records)
    return [*map(str, counts), *(_pair(taken[name]) for name in COLUMNS)]


def _pair(told: dict[str, float] | None) -> str:
    return f"{told['p50_s']:.2f} / {told['p95_s']:.2f}" if told else "-"


def _pool(progress: Progress) -> str:
    if not progress.samples:
        return ""
    last = progress.samples[-1]
    return f"; {last.workers} visualizers draw {last.active}, {last.waiting} jobs wait"


def summary(records: list[Record]) -> Table:
    """The same times over all questions, at the end."""
    told = Table("seconds from the intended start", "p50", "p95", "p99", "longest", "samples")
    for name, taken in times(records).items():
        if taken:
            values = (taken[key] for key in ("p50_s", "p95_s", "p99_s", "max_s"))
            told.add_row(name.replace("_", " "), *(f"{value:.3f}" for value in values), str(taken["samples"]))
    return told
