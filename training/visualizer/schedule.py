"""How a training moves: its learning rate over the steps and a running average of its weights."""

from __future__ import annotations

import math

import torch
from torch import nn


def learning_rate(step: int, steps: int, peak: float, warm_up: int = 200) -> float:
    """Rise linearly over the warm-up, then fall along a cosine to a hundredth of the peak."""
    if step < warm_up:
        return peak * (step + 1) / warm_up
    share = min(1.0, (step - warm_up) / max(1, steps - warm_up))
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share)))


class Average:
    """An exponential moving average of a module's parameters; what is shipped and shown."""

    def __init__(self, module: nn.Module, decay: float = 0.997) -> None:
        self._decay = decay
        self.values = {name: value.detach().clone() for name, value in module.named_parameters()}

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards the module, faster in the first steps."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for name, value in module.named_parameters():
            self.values[name].lerp_(value, 1 - decay)

    @torch.no_grad()
    def write_to(self, module: nn.Module) -> None:
        """Give the averaged values to a module of the same shape."""
        for name, value in module.named_parameters():
            value.copy_(self.values[name])
