"""What it costs to fit a smaller device: quantized weights, and on a GPU parts that wait in the host's memory.

Run `make bench-weights`, or `python -m bench.weights --device cuda --model klein-4b --size 512 512` with the extra `quantized`
installed. The ways follow each other, since a large model fits once. It writes `out/bench-weights.json` and prints a table.
"""

from __future__ import annotations

import argparse
import gc
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from bench.contenders import Drawing, Engine
from bench.report import report
from bench.subjects import asking, circumstances, plain, tuned
from bench.tasks import Tasks
from visualizer_service.engine.device import Device
from visualizer_service.engine.tuning import Tuning

WAYS: Final = {
    "as stored": Tuning(),
    "int8": Tuning(weights="int8"),
    "float8": Tuning(weights="float8"),
    "as stored, compiled": Tuning(compiled=True),
    "float8_dynamic, compiled": Tuning(weights="float8_dynamic", compiled=True),
    "offloaded": Tuning(offloaded=True),
    "float8, offloaded": Tuning(weights="float8", offloaded=True),
}
WAITING: Final = 4
CORES: Final = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One way: medians over rounds; differences are from the pictures of the weights as stored, of 255."""

    way: str
    denoiser_mb: float
    most_device_mb: float | None
    images_per_s: float
    mean_difference: float
    most_difference: int


def main() -> None:
    """Measure each way, print, write."""
    options = asking(__doc__).parse_args()
    torch.set_num_threads(CORES)
    device = Device(options.device, torch.bfloat16 if options.device == "cuda" else torch.float32)
    rows: list[Row] = []
    expected: list[Drawing] = []
    for way, tuning in WAYS.items():
        if (tuning.offloaded or tuning.compiled) and not device.is_cuda:
            continue
        row, drawings = _measure(way, tuning, device, options, expected)
        expected = expected or drawings
        rows.append(row)
        print(_line(row), flush=True)
    about = {**circumstances(options, device, CORES), "rows": [asdict(row) for row in rows]}
    report("weights", {f"images_per_s.{row.way}": row.images_per_s for row in rows}, about, ())


def _measure(
    way: str, tuning: Tuning, device: Device, options: argparse.Namespace, expected: list[Drawing]
) -> tuple[Row, list[Drawing]]:
    gc.collect()
    torch.manual_seed(0)  # random weights are the same in every way
    pipeline, known = plain(options.model, device)
    stored = _held_bytes(pipeline.transformer.parameters())
    engine, family = tuned(pipeline, options.model, device, WAITING, tuning)
    if device.is_cuda:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device.torch)
    size = options.size or engine.limits.default_size
    tasks = Tasks((size[0], size[1]), known.num_inference_steps)
    contender = Engine(engine, family.release)
    contender.draw(tasks.make(WAITING, 1, shared=True))
    drawings = [contender.draw(tasks.make(WAITING, 1, shared=True)) for _ in range(options.rounds)]
    # Packed weights are no parameters any more, and as many bytes as before.
    held = stored if tuning.weights == "as_stored" else _held_bytes(pipeline.transformer.parameters())
    most_device = torch.cuda.max_memory_allocated(device.torch) / 2**20 if device.is_cuda else None
    engine.close()
    differences = [_difference(*pair) for pair in zip(drawings, expected or drawings, strict=True)]
    return Row(
        way,
        held / 2**20,
        most_device,
        statistics.median(WAITING / drawing.wall_s for drawing in drawings),
        float(np.mean([one.mean() for one in differences])),
        max(int(one.max()) for one in differences),
    ), drawings


def _held_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes in memory; a quantized tensor is made of others."""
    total = 0
    for tensor in tensors:
        flatten = getattr(tensor, "__tensor_flatten__", None)
        total += _held_bytes(getattr(tensor, name) for name in flatten()[0]) if flatten else tensor.nbytes
    return total


def _difference(one: Drawing, other: Drawing) -> np.ndarray:
    return np.stack(
        [np.abs(one.pictures[name].astype(int) - picture) for name, picture in other.pictures.items()]
    )


def _line(row: Row) -> str:
    device = "" if row.most_device_mb is None else f"  most on the device {row.most_device_mb:8.0f} MB"
    return (
        f"{row.way:18} denoiser {row.denoiser_mb:9.2f} MB{device}  {row.images_per_s:7.3f} images/s  "
        f"off by {row.mean_difference:.2f} on average, {row.most_difference} at most"
    )


if __name__ == "__main__":
    main()
