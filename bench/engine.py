"""The engine against diffusers: images a second, latency, and what references, previews and cancelling cost.

Run `python -m bench.engine`. Every figure compares runs of one process, interleaved round by round, and is a median over rounds.
It writes `out/bench-engine.json`, prints a table and a line for each bar, and `--plots` renews the pictures of docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from bench.contenders import Contender, Drawing, Engine, PipelineBatch, PipelineLoop
from bench.engine_bars import ON_CPU, ON_CUDA
from bench.plots import plot
from bench.probes import cancel_steps, idle_share, join_ticks
from bench.report import report
from bench.subjects import Subject, asking, circumstances, subject
from bench.tasks import Tasks
from visualizer_service.engine.device import Device

REFERENCES: Final = {
    "0": (0, True),
    "1 shared": (1, True),
    "1 distinct": (1, False),
    "2 shared": (2, True),
    "2 distinct": (2, False),
    "4 shared": (4, True),
    "4 distinct": (4, False),
}
"""Name of a row, references of each job, and whether all jobs have the same."""
WAITING: Final = (1, 2, 4, 8, 16)
JUDGED: Final = 8
"""The number of waiting jobs that the speedups are about."""
ALL_ROUNDS: Final = {"cpu": (JUDGED,), "cuda": (1, 4, JUDGED)}
"""Numbers of waiting jobs that bars are about; they get all the rounds, the others one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of the table: medians over `rounds`."""

    who: str
    references: str
    waiting: int
    rounds: int
    images_per_s: float
    p50_s: float
    p95_s: float
    cpu_s_per_image: float
    most_difference: int


def main() -> None:
    """Measure, print, write."""
    options = _options()
    _pin(options.cores)
    device = Device(options.device, torch.bfloat16 if options.device == "cuda" else torch.float32)
    tested = subject(options.model, device, slots=max(WAITING))
    size = tuple(options.size or tested.engine.limits.default_size)
    tasks = Tasks((size[0], size[1]), options.steps or tested.serving.num_inference_steps)
    contenders: list[Contender] = [
        PipelineLoop(tested.pipeline, tested.serving),
        PipelineBatch(tested.pipeline, tested.serving),
        Engine(tested.engine, tested.family.release),
    ]
    for contender in contenders:
        contender.draw(tasks.make(1, 1, shared=True))
    rows: list[Row] = []
    speedups: dict[str, float] = {}
    for kind, (references, shared) in REFERENCES.items():
        for waiting in WAITING:
            rounds = options.rounds if waiting in ALL_ROUNDS[options.device] else 1
            drawn = _rounds(contenders, tasks, (waiting, references, shared), rounds)
            rows += _rows(kind, waiting, drawn)
            print(*(_line(row) for row in rows[-len(drawn) :]), sep="\n", flush=True)
            if waiting == JUDGED:
                speedups |= _speedups(kind, drawn)
    figures = (
        speedups
        | _single(contenders, tasks, options.rounds)
        | _reference_cost(tested, contenders[0], tasks, options.rounds)
    )
    figures |= {
        "cancel.steps": cancel_steps(tested.engine, tasks),
        "join.ticks": join_ticks(tested.engine, tasks),
    }
    if device.is_cuda:
        figures["idle.share"] = idle_share(contenders[-1], tasks.make(16, 0, shared=True))
    _report(options, device, figures, rows)


def _rounds(
    contenders: Sequence[Contender], tasks: Tasks, what: tuple[int, int, bool], rounds: int
) -> dict[str, list[Drawing]]:
    """Drawings by contender; all draw the same tasks in each round, and each goes first now and then."""
    drawn: dict[str, list[Drawing]] = {}
    for number in range(rounds):
        given = tasks.make(*what)
        start = number % len(contenders)
        for contender in (*contenders[start:], *contenders[:start]):
            drawing = contender.draw(given)
            if drawing:
                drawn.setdefault(contender.name, []).append(drawing)
    return drawn


def _rows(kind: str, waiting: int, drawn: dict[str, list[Drawing]]) -> list[Row]:
    measure = drawn[PipelineLoop.name]
    return [
        Row(
            who,
            kind,
            waiting,
            len(drawings),
            statistics.median(waiting / drawing.wall_s for drawing in drawings),
            statistics.median(float(np.quantile([*drawing.done_s.values()], 0.5)) for drawing in drawings),
            statistics.median(float(np.quantile([*drawing.done_s.values()], 0.95)) for drawing in drawings),
            statistics.median(drawing.cpu_s / waiting for drawing in drawings),
            max(_difference(drawing, true) for drawing, true in zip(drawings, measure, strict=True)),
        )
        for who, drawings in drawn.items()
    ]


def _difference(one: Drawing, other: Drawing) -> int:
    return max(
        int(np.abs(one.pictures[name].astype(int) - picture.astype(int)).max())
        for name, picture in other.pictures.items()
    )


def _speedups(kind: str, drawn: dict[str, list[Drawing]]) -> dict[str, float]:
    """Median over rounds of loop ÷ engine, by the clock and by processor time."""
    name = "speedup.ref" + kind.replace(" ", "_")
    pairs = list(zip(drawn[PipelineLoop.name], drawn["engine"], strict=True))
    return {
        name: statistics.median(loop.wall_s / engine.wall_s for loop, engine in pairs),
        f"{name}.cpu": statistics.median(loop.cpu_s / engine.cpu_s for loop, engine in pairs),
    }


def _single(contenders: Sequence[Contender], tasks: Tasks, rounds: int) -> dict[str, float]:
    """How much longer one job alone takes in the engine than in the bare pipeline, and when its first preview comes."""
    loop, engine = contenders[0], contenders[-1]
    drawn = _rounds([loop, engine], tasks, (1, 0, True), 2 * rounds)
    pairs = list(zip(drawn[engine.name], drawn[loop.name], strict=True))
    previews = [engine.draw(tasks.make(1, 0, shared=True, previews=2)) for _ in range(rounds)]
    return {
        "overhead.single": statistics.median(ours.wall_s / bare.wall_s for ours, bare in pairs) - 1,
        "overhead.single.cpu": statistics.median(ours.cpu_s / bare.cpu_s for ours, bare in pairs) - 1,
        "preview.first_s": statistics.median(run.first_preview_s or 0.0 for run in previews if run),
    }


def _reference_cost(tested: Subject, loop: Contender, tasks: Tasks, rounds: int) -> dict[str, float]:
    """Time of eight pictures that share a reference ÷ without one, prompts new: in a loop, first seen, and cached by an earlier picture."""
    cold, warm = Engine(tested.engine, tested.family.release), Engine(tested.engine, lambda: None)
    costs: dict[str, list[float]] = {"loop": [], "first": [], "cached": []}
    for _ in range(rounds):
        seen, plain = tasks.make(JUDGED, 1, shared=True), tasks.make(JUDGED, 0, shared=True)
        again = [replace(task, references=seen[0].references) for task in tasks.make(JUDGED, 0, shared=True)]
        first_s, cached_s = cold.draw(seen).wall_s, warm.draw(again).wall_s
        without_s = cold.draw(plain).wall_s
        costs["first"].append(first_s / without_s)
        costs["cached"].append(cached_s / without_s)
        in_loop, without = loop.draw(seen), loop.draw(plain)
        if in_loop and without:
            costs["loop"].append(in_loop.wall_s / without.wall_s)
    return {f"reference_cost.{name}": statistics.median(values) for name, values in costs.items()}


def _report(options: argparse.Namespace, device: Device, figures: dict[str, float], rows: list[Row]) -> None:
    about = {**circumstances(options, device, options.cores), "rows": [asdict(row) for row in rows]}
    whole = report("engine", figures, about, ON_CUDA if device.is_cuda else ON_CPU)
    if options.plots:
        plot(whole, Path("docs/images"))


def _line(row: Row) -> str:
    return (
        f"{row.who:16} refs {row.references:10} waiting {row.waiting:2}  {row.images_per_s:7.3f} images/s  "
        f"p50 {row.p50_s:7.3f} s  p95 {row.p95_s:7.3f} s  cpu {row.cpu_s_per_image:6.3f} s  off by {row.most_difference}"
    )


def _pin(cores: int) -> None:
    """Keep to the first cores allowed, so that a side thread is not a second core in disguise."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    torch.set_num_threads(cores)


def _options() -> argparse.Namespace:
    parser = asking(__doc__)
    parser.add_argument("--cores", type=int, default=1, help="CPU cores to use")
    parser.add_argument("--steps", type=int, help="denoising steps; the model's default")
    parser.add_argument("--plots", action="store_true", help="renew docs/images")
    return parser.parse_args()


if __name__ == "__main__":
    main()
