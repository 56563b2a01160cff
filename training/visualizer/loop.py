"""One training from start to end: optimiser, learning rate, running average, checkpoints and what they show.

It knows modules and losses, nothing of what they mean. A training that was stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from tqdm import tqdm

from training.muon import Muon
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
    matrix_rate: float = 0.0
    """The peak for what Muon moves."""


def run(
    course: Course,
    module: M,
    journal: Journal,
    losses: Callable[[int], Iterator[Tensor]],
    show: Callable[[M], str],
    matrices: Sequence[nn.Parameter] = (),
) -> None:
    """Train what of `module` wants gradients, and leave the running average of its weights in it.

    Args:
        losses: yields one loss a step, from the given step on; the next is asked for after the weights have moved.
        show: looks at a copy with averaged weights whenever a checkpoint is written, and says how good it is.
        matrices: those weights of `module` that Muon moves; AdamW moves the others.
    """
    average = Average(module)
    moving = [value for value in module.parameters() if value.requires_grad]
    optimizers = _optimizers(course, moving, matrices)
    start = _resume(module, average, list(optimizers), journal)
    steps = range(start, course.steps)
    source = losses(start)
    for step in tqdm(
        steps, initial=start, total=course.steps, desc=course.name, file=sys.stdout, mininterval=20
    ):
        for optimizer, peak in optimizers.items():
            optimizer.param_groups[0]["lr"] = learning_rate(step, course.steps, peak)
        loss = next(source)
        module.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(moving, 1.0)
        for optimizer in optimizers:
            optimizer.step()
        average.update(module, step)
        if step % 20 == 0:
            journal.losses.append((step, loss.item()))
        if (step + 1) % course.checkpoint_steps == 0 or step + 1 == course.steps:
            state = {
                "model": module.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in optimizers],
                "average": average.values,
            }
            journal.save({**state, "step": step + 1})
            shown = copy.deepcopy(module)
            average.write_to(shown)
            tqdm.write(f"{course.name} step {step + 1}: {show(shown.eval())}", file=sys.stdout)
    average.write_to(module)


def _optimizers(
    course: Course, moving: list[nn.Parameter], matrices: Sequence[nn.Parameter]
) -> dict[torch.optim.Optimizer, float]:
    """Each optimiser with its peak rate."""
    taken = {id(value) for value in matrices}
    others = [value for value in moving if id(value) not in taken]
    adam = torch.optim.AdamW(others, lr=course.peak_rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True)
    if not matrices:
        return {adam: course.peak_rate}
    muon = Muon(matrices, lr=course.matrix_rate, weight_decay=0.01)
    return {muon: course.matrix_rate, adam: course.peak_rate}


def _resume(
    module: nn.Module, average: Average, optimizers: list[torch.optim.Optimizer], journal: Journal
) -> int:
    """Load the last checkpoint, if there is one, and return the step to go on from."""
    state = journal.resume()
    if state is None:
        return 0
    module.load_state_dict(state["model"])
    for optimizer, saved in zip(optimizers, state["optimizers"], strict=True):
        optimizer.load_state_dict(saved)
    average.values = {name: value.to(average.values[name]) for name, value in state["average"].items()}
    return state["step"]
