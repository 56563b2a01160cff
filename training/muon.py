"""Muon: momentum whose update of each weight matrix is orthogonalised, in the format that the device multiplies best.

`torch.optim.Muon` is the same in bfloat16 always, which CPUs without that format run five times slower than float32. It is for
matrices only; embeddings and gains go to AdamW. Source: Keller Jordan, github.com/KellerJordan/Muon (2024), for the coefficients and the scale.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from training.precision import product_type

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
MOMENTUM = 0.95


def orthogonalise(matrix: Tensor) -> Tensor:
    """The nearest matrix with orthonormal rows or columns, roughly: singular values land in about [0.7, 1.2]. Shape (m, n) stays."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.T if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum with orthogonalised updates, and decoupled weight decay."""

    def __init__(self, matrices: Iterable[nn.Parameter], *, lr: float, weight_decay: float) -> None:
        super().__init__(matrices, {"lr": lr, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Apply one update; closures are not supported."""
        for group in self.param_groups:
            for weight in group["params"]:
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                momentum.lerp_(weight.grad, 1 - MOMENTUM)
                ahead = weight.grad.lerp(momentum, MOMENTUM)
                update = orthogonalise(ahead.to(product_type(weight.device))).float()
                scale = max(1.0, weight.shape[0] / weight.shape[1]) ** 0.5
                weight.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"] * scale)
