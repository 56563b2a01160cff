"""Judges anybody's answers: `python -m bench.answers --url … --model … --judge … --judge-model …`, or `--setup FILE` for several systems.

Everything that was answered and judged is kept, so a run that was stopped goes on where it stood. `--benchmark` writes answers to the
questions of ISG-Bench, ViStoryBench or OpenING for their own judges instead.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from pydantic_settings import CliApp

from bench.answers.arena.meeting import met
from bench.answers.cases.case import Case
from bench.answers.cases.loading import OURS, load
from bench.answers.formats.writing import Benchmark, write_for
from bench.answers.judging.model import ModelJudge
from bench.answers.outcome import write
from bench.answers.report.board import Board
from bench.answers.running import Bench
from bench.answers.setup import Settings, Setup, setup_of
from bench.answers.systems.asking import Asking

if TYPE_CHECKING:
    from bench.answers.likeness import Weights

CONNECT_S = 10.0


def main() -> None:
    """Run."""
    settings = CliApp.run(Settings)
    began = time.monotonic()
    try:
        setup = setup_of(settings)
        if settings.benchmark and settings.questions:
            asyncio.run(_written(settings, setup, settings.benchmark, settings.questions))
            return
        cases = chosen(settings)
        boards = asyncio.run(_judged(settings, setup, cases))
    except (OSError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; the next run goes on from here")
    judges = ", ".join(judge.model for judge in setup.judges)
    about = {
        "cases": len(cases),
        "runs": settings.runs,
        "judge": judges,
        "took": f"{time.monotonic() - began:.0f} s",
    }
    write(boards, cases, settings.out, settings.folder, about)


def chosen(settings: Settings) -> tuple[Case, ...]:
    """The cases of the files, or ours; of the categories and languages named, if any are. Raises ValueError if none is left."""
    cases = load(settings.cases or OURS)
    found = tuple(
        case
        for case in cases
        if (not settings.categories or case.category in settings.categories)
        and (not settings.languages or case.language in settings.languages)
    )
    if not found:
        raise ValueError("no case is of such a category and language")
    return found[: settings.only]


async def _judged(settings: Settings, setup: Setup, cases: Sequence[Case]) -> list[Board]:
    async with AsyncExitStack() as opened:
        http = await opened.enter_async_context(_client())
        judges = [ModelJudge(one, _key(one.key_variable)) for one in setup.judges]
        for judge in judges:
            opened.push_async_callback(judge.close)
        bench = Bench(settings.folder, judges, settings.judge_runs, _weights(settings), settings.at_once)
        askers = [bench.remembered(Asking(one, http, _key(one.key_variable))) for one in setup.systems]
        given, skipped = await bench.answers(askers, cases, settings.runs)
        rows, agreement = await bench.rows(given)
        picks = await met(bench, judges[0], given) if len(askers) > 1 else []
    names = ", ".join(one.name for one in setup.systems)
    return [Board("Systems", f"{names} on the same {len(cases)} cases.", rows, picks, agreement, skipped)]


async def _written(settings: Settings, setup: Setup, benchmark: Benchmark, questions: Path) -> None:
    async with _client() as http:
        bench = Bench(settings.folder, (), at_once=settings.at_once)
        for one in setup.systems:
            asker = bench.remembered(Asking(one, http, _key(one.key_variable)))
            print(f"{await write_for(benchmark, questions, bench, asker, settings.out)} is written.")


def _weights(settings: Settings) -> Weights | None:
    """The models that measure likeness. Raises OSError if one is not there."""
    if not (settings.clip or settings.dino or settings.faces):
        return None
    # Imported here: without weights nobody waits for torch.
    from bench.answers.likeness import Weights

    return Weights(settings.clip, settings.dino, settings.faces)


def _client() -> httpx.AsyncClient:
    # An answer has a deadline as a whole; a server may be silent while it draws.
    return httpx.AsyncClient(timeout=httpx.Timeout(None, connect=CONNECT_S))


def _key(variable: str | None) -> str | None:
    """What an environment variable holds. Raises ValueError if it is named and not set."""
    if variable is None:
        return None
    if not (key := os.environ.get(variable)):
        raise ValueError(f"the environment variable {variable} is to hold an API key and is not set")
    return key


if __name__ == "__main__":
    main()
