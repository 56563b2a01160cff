"""`python -m bench.load --url http://HOST:8080 --scenario ramp --rate-per-s 4`: lay a load on a server and report what became of it.

Ctrl-C ends the test early; what was seen until then is reported. Exit status 1: something was lost or told twice.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from dataclasses import replace
from typing import Any

from pydantic_settings import CliApp
from rich.console import Console

from bench.load.report import report, write
from bench.load.running import Progress, run
from bench.load.scenarios import sends
from bench.load.settings import LoadSettings
from bench.load.table import show, summary


def main() -> None:
    """Test and report."""
    settings = CliApp.run(LoadSettings)
    try:
        told = measure(settings, Console())
    except (ValueError, OSError) as error:
        sys.exit(f"{error}")
    sys.exit(1 if told["all"]["lost"] or told["all"]["doubled"] else 0)


def measure(settings: LoadSettings, console: Console) -> dict[str, Any]:
    """Lay the load, write both files, say the most important figures; returns what was written.

    Raises:
        ValueError: the mix or the trace is none.
        OSError: one of them cannot be read.
    """
    load, target = settings.load(), settings.target()
    asked = sends(load)
    if load.scenario == "trace":
        load = replace(load, lasts_s=max((send.at_s for send in asked), default=0) + 1)
    progress = Progress(len(asked))
    about = {
        "url": target.url,
        "model": target.model,
        "rate_per_s": load.rate_per_s,
        "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
    }
    asyncio.run(_watched(run(target, asked, progress), show(progress, console)))
    told = report(load, about, progress.records, progress.samples)
    write(told, load, progress.records, progress.samples, settings.out)
    console.print(summary(progress.records))
    console.print(*conclusion(told), f"written to {settings.out}/load.json and load.html", sep="\n")
    return told


async def _watched(running: Any, showing: Any) -> None:
    """Run to the end, or until a signal says that it is enough."""
    work = asyncio.ensure_future(running)
    table = asyncio.ensure_future(showing)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    await asyncio.wait([work])
    table.cancel()
    await asyncio.wait([table])
    if not work.cancelled():
        work.result()


def conclusion(told: dict[str, Any]) -> list[str]:
    """The lines that one reads first."""
    whole = told["all"]
    ended = ", ".join(f"{count} {outcome}" for outcome, count in whole["outcomes"].items()) or "none"
    lines = [
        f"{whole['asked']} requests: {ended}; {whole['lost']} lost, {whole['doubled']} told twice",
        f"goodput {whole['goodput_per_s']:.2f}/s, {whole['pictures_per_s']:.2f} pictures/s",
    ]
    if knee := told.get("knee"):
        held = f"{knee['knee_per_s']:.2f} requests/s" if knee["knee_per_s"] else "below the lowest rate"
        lines.append(f"knee: {held}; limit: {knee['limit']}")
    return lines


if __name__ == "__main__":
    main()
