"""Everything that a GPU is asked for, in six minutes: `python -m bench.gpu`, on a machine with torch, transformers and this tree's wheels.

Steps come in order of what they tell, and each has a limit of its own; after each `out/gpu-check.json` is written, so that a cut run still
tells. `--device cpu` runs every step with storybook, uncompiled, to try the script itself.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import torch

from bench.bars import verdicts
from bench.gpu.bars import ON_H100
from bench.gpu.check import Check, Figures, Step
from bench.gpu.klein import Klein
from bench.gpu.queue import through_the_queue
from bench.gpu.references import costs
from bench.report import processor
from bench.subjects import STORYBOOK
from visualizer_service.engine.device import Device

OUT = Path("out/gpu-check.json")
MODELS = {"cuda": ("klein-4b", "klein-9b-kv", (512, 1024)), "cpu": (STORYBOOK, STORYBOOK, (128,))}
"""By device: a model, one of the KV kind, and the sides of pictures."""


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda", choices=list(MODELS))
    parser.add_argument("--most-s", type=float, default=360, help="seconds of the whole")
    options = parser.parse_args()
    device = Device(options.device, torch.bfloat16)
    model, of_kv_kind, sides = MODELS[options.device]
    compiled = device.is_cuda
    klein = Klein(model, device, sides, compiled=compiled)

    def references() -> Iterator[Figures]:
        klein.keep_engine_only()
        return costs(of_kv_kind, device, sides, compiled=compiled)

    steps = [
        Step("build", 200, klein.build),
        Step("pictures", 50, klein.pictures),
        Step("phases", 40, klein.phases),
        Step("syncs", 10, klein.syncs),
        Step("references", 100, references),
        Step("idle", 15, klein.idle),
        Step("memory", 30, klein.memory),
        # Last, for it closes the engine.
        Step("queue", 30, lambda: through_the_queue(klein.engine, klein.tasks(sides[0]))),
    ]
    about = {
        "device": device.name if device.is_cuda else processor(),
        "model": model,
        "versions": {name: version(name) for name in ("torch", "diffusers", "transformers")},
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }
    check = Check(OUT, about, options.most_s)
    check.run(steps)
    print(*(f"{key:40} {value:10.3f}" for key, value in check.figures.items()), f"written to {OUT}", sep="\n")
    if device.is_cuda:
        print(*verdicts(check.figures, [bar for bar in ON_H100 if bar.key in check.figures]), sep="\n")


if __name__ == "__main__":
    main()
