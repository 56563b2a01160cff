"""Measures on this device how many pictures of a size, with so many references, are worth drawing together, and writes the table that workers read.

Run `python -m visualizer_service.calibrate MODEL --device cuda --out caps.json` once per model and kind of device, then start
workers with `VISUALIZER_CAPS_FILE=caps.json`. It knows families, no queue.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, get_args

from PIL import Image

from visualizer_service.engine.caps import CapTable, TokenCap
from visualizer_service.engine.family import Family, NoMemory
from visualizer_service.engine.load import DType, load_family
from visualizer_service.engine.seam import Reference, Task

LEAST_GAIN: Final = 1.05
"""Doubling a batch must make its pictures faster by this factor, or it only makes them wait."""
STEPS: Final = 4
ANY_SIZE: Final = ((512, 512), (768, 768), (1024, 1024), (1536, 1536))
Size = tuple[int, int]
References = tuple[Reference, ...]
Stopwatch = Callable[[Callable[[], None]], tuple[float, int]]
"""Seconds that a call takes, and bytes of device memory that it needs at most beyond what is held."""


def token_cap(
    family: Family[Any], size: Size, references: References, most_rows: int, stopwatch: Stopwatch
) -> TokenCap | None:
    """The largest batch of such pictures that still pays, one where they share no calls, or None if not even one fits."""
    best: TokenCap | None = None
    tokens = family.tokens(*size, references)
    best_s = float("inf")
    rows, most_rows = 1, most_rows if family.shares_calls else 1
    while rows <= most_rows:
        try:
            step_s, needed = _step(family, size, references, rows, stopwatch)
        except NoMemory:
            family.release()
            break
        if step_s / rows * LEAST_GAIN > best_s:
            break
        best_s = step_s / rows
        best = TokenCap(tokens=tokens, rows=rows, row_bytes=needed // rows)
        rows *= 2
    return best


def _step(
    family: Family[Any], size: Size, references: References, rows: int, stopwatch: Stopwatch
) -> tuple[float, int]:
    """Median seconds of a step of `rows` pictures after a first one, and the memory that it needs."""
    tasks = [
        Task(str(k), f"calibration {k}", references, *size, k, STEPS, 0, float("inf")) for k in range(rows)
    ]
    batch = family.prepare(tasks)
    taken = [stopwatch(lambda: family.step(batch)) for _ in range(STEPS)]
    for row in batch:
        family.drop(row)
    return statistics.median(seconds for seconds, _ in taken[1:]), max(needed for _, needed in taken)


def cap_table(family: Family[Any], sizes: Sequence[Size], most_rows: int, stopwatch: Stopwatch) -> CapTable:
    """The caps of pictures of every size that fits the device, without references, with one and with as many as the model takes."""
    caps = (
        token_cap(family, size, _references(size, count), most_rows, stopwatch)
        for size in sizes
        for count in sorted({0, 1, family.limits.most_references})
        if count <= family.limits.most_references
    )
    return CapTable(model=family.name, device=family.device, caps=tuple(cap for cap in caps if cap))


def _references(size: Size, count: int) -> References:
    shades = range(255, 255 - count, -1)
    return tuple(
        Reference(f"calibration {size} {shade}", Image.new("L", size, shade).convert("RGB"))
        for shade in shades
    )


def _on_device(device: str) -> Stopwatch:
    import torch

    def stopwatch(call: Callable[[], None]) -> tuple[float, int]:
        if not device.startswith("cuda"):
            start = time.perf_counter()
            call()
            return time.perf_counter() - start, 0
        torch.cuda.synchronize()
        torch.cuda.reset_peak_memory_stats()
        held, start = torch.cuda.memory_allocated(), time.perf_counter()
        call()
        torch.cuda.synchronize()
        return time.perf_counter() - start, torch.cuda.max_memory_allocated() - held

    return stopwatch


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", help="a diffusers folder, or its name on the hub")
    parser.add_argument("--device", default="cpu", help="as torch names it")
    parser.add_argument("--dtype", default="float32", choices=get_args(DType))
    parser.add_argument("--most-rows", type=int, default=16, help="largest batch to try")
    parser.add_argument("--out", type=Path, default=Path("caps.json"))
    options = parser.parse_args()
    family = load_family(options.model, device=options.device, dtype=options.dtype)
    table = cap_table(family, family.limits.sizes or ANY_SIZE, options.most_rows, _on_device(options.device))
    options.out.write_text(table.model_dump_json(indent=2) + "\n", encoding="utf-8")
    print(options.out.read_text(encoding="utf-8"))  # noqa: T201, what was measured is this command's answer
    family.close()


if __name__ == "__main__":
    main()
