"""`python -m tests.faults.processes`: real processes under faults, a table of what became of the answers, and exit 1 if any is bad.

The nightly form is `make faults`. A run is one fault under a load of answers; its seed decides which and how.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
from pathlib import Path

from tests.faults.processes.checks import Verdict
from tests.faults.processes.faults import FAULTS
from tests.faults.processes.run import Outcome, run
from tests.faults.processes.system import system

COUNTED = ("told", "lost", "hung", "doubled", "wrong")
"""Of the answers of a run."""


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.processes", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="how many schedules; default: 200")
    parser.add_argument("--seed", type=int, default=1, help="of the first; each next run has the next seed")
    parser.add_argument("--at-once", type=int, default=6, help="answers under way at any time; default: 6")
    parser.add_argument(
        "--fault", action="append", choices=[*FAULTS, "each"], help="this one only; `each`: in turn"
    )
    parser.add_argument("--folder", type=Path, help="for logs; default: a new one")
    return parser.parse_args()


async def main(said: argparse.Namespace, folder: Path) -> bool:
    kinds: list[str] = list(FAULTS) if said.fault in (None, ["each"]) else said.fault
    outcomes: list[Outcome] = []
    async with system(folder) as running:
        for number in range(said.runs):
            seed = said.seed + number
            in_turn = said.fault is not None
            fault = kinds[number % len(kinds)] if in_turn else random.Random(seed).choice(kinds)
            outcome = await run(running, fault, seed, said.at_once)
            outcomes.append(outcome)
            tell(seed, outcome)
    table(outcomes)
    return all(outcome.is_good for outcome in outcomes)


def tell(seed: int, outcome: Outcome) -> None:
    """What became of one run, and of each answer that is not whole."""
    verdict = outcome.verdict
    print(f"seed {seed}: {outcome.fault}: {verdict.answers} answers, {'good' if outcome.is_good else 'BAD'}")
    for name in COUNTED:
        for one in getattr(verdict, name):
            print(f"  {name}: {one}")
    print(end="", flush=True)


def table(outcomes: list[Outcome]) -> None:
    """By kind of fault, as in docs/reliability.md."""
    print(f"| fault | runs | answers | {' | '.join(COUNTED)} | again s | longest pause s |")
    print("|---" * (len(COUNTED) + 5) + "|")
    for fault in FAULTS:
        ours = [outcome for outcome in outcomes if outcome.fault == fault]
        if not ours:
            continue
        all_of_it = Verdict()
        for outcome in ours:
            all_of_it.add(outcome.verdict)
        counts = [len(getattr(all_of_it, name)) for name in COUNTED]
        again, pause = max(o.again_s for o in ours), max(o.pause_s for o in ours)
        figures = [fault, len(ours), all_of_it.answers, *counts, f"{again:.0f}", f"{pause:.0f}"]
        print(f"| {' | '.join(map(str, figures))} |")


if __name__ == "__main__":
    said = options()
    folder: Path = said.folder or Path(tempfile.mkdtemp(prefix="faults-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(f"logs in {folder}", flush=True)
    raise SystemExit(0 if asyncio.run(main(said, folder)) else 1)
