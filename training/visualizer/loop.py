"""One training from start to end: optimiser, learning rate, running average, checkpoints and what they show.

It knows modules and losses, nothing of what they mean. A training that was stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.visualizer.journal import Journal
from training.visualizer.schedule import Average, learning_rate

M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True, slots=True)
class Course:
    """How long and how fast a module is trained, and how often it is saved."""

    name: str
    steps: int
    peak_rate: float
    checkpoint_steps: int


def run(
    course: Course,
    module: M,
    journal: Journal,
    losses: Callable[[int], Iterator[Tensor]],
    show: Callable[[M], str],
) -> None:
    """Train what of `module` wants gradients, and leave the running average of its weights in it.

    Args:
        losses: yields one loss a step, from the given step on; the next is asked for after the weights have moved.
        show: looks at a copy with averaged weights whenever a checkpoint is written, and says how good it is.
    """
    average = Average(module)
    moving = [value for value in module.parameters() if value.requires_grad]
    optimizer = torch.optim.AdamW(
        moving, lr=course.peak_rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True
    )
    start = _resume(module, average, optimizer, journal)
    steps = range(start, course.steps)
    source = losses(start)
    for step in tqdm(
        steps, initial=start, total=course.steps, desc=course.name, file=sys.stdout, mininterval=20
    ):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, course.steps, course.peak_rate)
        loss = next(source)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(moving, 1.0)
        optimizer.step()
        average.update(module, step)
        if step % 20 == 0:
            journal.losses.append((step, loss.item()))
        if (step + 1) % course.checkpoint_steps == 0 or step + 1 == course.steps:
            state = {
                "model": module.state_dict(),
                "optimizer": optimizer.state_dict(),
                "average": average.values,
            }
            journal.save({**state, "step": step + 1})
            shown = copy.deepcopy(module)
            average.write_to(shown)
            tqdm.write(f"{course.name} step {step + 1}: {show(shown.eval())}", file=sys.stdout)
    average.write_to(module)


def _resume(module: nn.Module, average: Average, optimizer: torch.optim.Optimizer, journal: Journal) -> int:
    """Load the last checkpoint, if there is one, and return the step to go on from."""
    state = journal.resume()
    if state is None:
        return 0
    module.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    average.values = {name: value.to(average.values[name]) for name, value in state["average"].items()}
    return state["step"]
