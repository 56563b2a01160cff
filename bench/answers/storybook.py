"""`make bench-answers`: the storybook pair on cases of its world, judged by the oracle; then five reference policies on the same plans.

It starts the whole system, asks every case twice with other seeds, judges, and writes `out/answers.{json,html,md}`. A run that was
stopped goes on where it stood; new weights are asked anew, and so is everything with `--fresh`.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
from pydantic import Field
from pydantic_settings import CliApp, CliImplicitFlag

from bench.answers.arena.pick import by_scores
from bench.answers.cases.case import Case
from bench.answers.cases.loading import WORLD, load
from bench.answers.judging.oracle import Oracle, processes
from bench.answers.keep import key
from bench.answers.outcome import write
from bench.answers.report.board import Board
from bench.answers.running import Bench
from bench.answers.systems.asking import Asking
from bench.answers.systems.redrawing import POLICIES, Redrawing
from bench.answers.systems.system import System
from bench.logged import logged
from deploy.local import services
from deploy.local.settings import LocalSettings
from deploy.local.supervisor import NotReady

READERS = 2
DRAWING_S = 300.0
LEAST_FOR_POLICIES = 5
"""Policies are compared on stories of so many pictures and more: in shorter ones they choose alike."""


class Settings(LocalSettings):
    """A stack of its own, and how much is asked of it."""

    directory: Path = Path("out/bench-answers")
    out: Path = Field(Path("out"), description="where the report goes")
    runs: int = Field(2, ge=1, description="how often every case is asked, with other seeds")
    fresh: CliImplicitFlag[bool] = Field(False, description="keep nothing of earlier runs")
    only: int | None = Field(None, ge=1, description="so many cases only, for a quick look")


def main() -> None:
    """Measure, write, print; whatever was started is stopped, however this ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    settings = CliApp.run(Settings)
    began = time.monotonic()
    kept = settings.directory / "kept"
    if settings.fresh:
        shutil.rmtree(kept, ignore_errors=True)
    cases = load([WORLD])[: settings.only]
    try:
        with ExitStack() as running:
            url = _start(settings, running)
            boards = asyncio.run(_measured(url, settings, cases, kept))
    except NotReady as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; the next run goes on from here")
    about = {
        "cases": len(cases),
        "runs": settings.runs,
        "judge": "oracle",
        "took": f"{time.monotonic() - began:.0f} s",
    }
    write(boards, cases, settings.out, kept, about)


def _start(settings: Settings, running: ExitStack) -> str:
    settings.directory.mkdir(parents=True, exist_ok=True)
    lines = running.enter_context(
        (settings.directory / "services.log").open("w", encoding="utf-8", buffering=1)
    )
    stack = services.build(settings)
    print("starting the system", flush=True)
    running.enter_context(logged(stack, settings.start_timeout_s, lines))
    return stack.gateway_url


async def _measured(url: str, settings: Settings, cases: Sequence[Case], kept: Path) -> list[Board]:
    system = System(
        name=settings.public_model,
        url=url,
        model=settings.public_model,
        version=_weights(settings.planner_model, settings.visualizer_model),
        seed=1,
        describe_images=True,
    )
    with processes(READERS) as readers:
        bench = Bench(kept, [Oracle(readers)], at_once=settings.visualizers)
        async with httpx.AsyncClient(timeout=DRAWING_S) as http:
            asker = bench.remembered(Asking(system, http))
            given, skipped = await bench.answers([asker], cases, settings.runs)
            most = (await http.get(f"{url}/v1/models")).json()["data"][0]["limits"]["most_references"]
            policies = [bench.remembered(Redrawing(asker, http, name, most)) for name in POLICIES]
            redrawn, _ = await bench.answers(policies, [case for case in cases if _is_long(case)], 1)
            rows, _ = await bench.rows(given)
            policy_rows, _ = await bench.rows(redrawn)
    pair = Board(
        "Storybook",
        "The demo pair on cases of its own world, judged by an oracle that measures pictures.",
        rows,
        skipped=skipped,
    )
    note = f"The same plans, drawn with the references of five policies; the model takes {most} at most."
    return [pair, Board("References", note, policy_rows, picks=by_scores(policy_rows))]


def _weights(*models: str) -> str:
    """What a pair's answers depend on; models that are no folders count by their names."""
    files = [file for model in models for file in sorted(Path(model).rglob("*.safetensors"))]
    return key(list(models), [file.read_bytes() for file in files])


def _is_long(case: Case) -> bool:
    return case.category == "story" and case.pictures.least >= LEAST_FOR_POLICIES


if __name__ == "__main__":
    main()
