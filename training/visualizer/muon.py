"""Muon: momentum whose matrices are made orthogonal before each step; far fewer steps than Adam for small transformers.

Source: Jordan et al., "Muon" (2024), and `torch.optim.Muon`, which works in bfloat16 only and so is slow on most CPUs. Here in
float32, packed projections are treated as the stack of matrices that they are, and matrices of one shape go in one batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn

COEFFICIENTS = ((4.0848, -6.8946, 2.9270), (3.9505, -6.3029, 2.6377), (3.7418, -5.5913, 2.3037), (2.8769, -3.1427, 1.2046))
"""Of the quintic iteration, one triple a step (public benchmark of modded-nanogpt, tuned for few steps)."""


class Muon(torch.optim.Optimizer):
    """Steps two-dimensional parameters along their orthogonalised momentum."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float, momentum: float = 0.95, weight_decay: float = 0.0):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            by_shape: defaultdict[tuple[int, int], list[tuple[Tensor, Tensor]]] = defaultdict(list)
            for value in group["params"]:
                momentum = self.state[value].setdefault("momentum", torch.zeros_like(value))
                momentum.lerp_(value.grad, 1 - group["momentum"])
                direction = value.grad.lerp(momentum, group["momentum"])
                side = min(value.shape)
                for part, update in zip(value.split(side), direction.split(side), strict=True):
                    by_shape[part.shape[0], part.shape[1]].append((part, update))
            for (rows, columns), parts in by_shape.items():
                steps = orthogonalise(torch.stack([update for _, update in parts]))
                scale = group["lr"] * max(1, rows / columns) ** 0.5
                torch._foreach_mul_([part for part, _ in parts], 1 - group["lr"] * group["weight_decay"])
                torch._foreach_add_([part for part, _ in parts], list(steps.unbind()), alpha=-scale)


def orthogonalise(matrices: Tensor) -> Tensor:
    """Bring all singular values of a batch (n, rows, columns) near one."""
    x = matrices / (matrices.norm(dim=(1, 2), keepdim=True) + 1e-7)
    wide = x.shape[1] > x.shape[2]
    x = x.transpose(1, 2) if wide else x
    for a, b, c in COEFFICIENTS:
        gram = x @ x.transpose(1, 2)
        x = a * x + torch.baddbmm(gram, gram, gram, beta=b, alpha=c) @ x
    return x.transpose(1, 2) if wide else x


def split(model: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Divide parameters into the matrices inside blocks, which Muon moves, and all others."""
    inside, others = [], []
    for name, value in model.named_parameters():
        in_block = value.ndim == 2 and ("transformer_blocks." in name or ".layers." in name)
        (inside if in_block else others).append(value)
    return inside, others
