"""One training step's work, as tensors on one device."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import torch
from torch import Tensor

from training.scenery import Size

TOKEN_PX: Final = 16
"""The side of the square that a token shows."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Targets of one size, their descriptions and their references.

    Attributes:
        told: int64 (targets, attributes), see `told_indices`.
        target: latents, float32 (targets, tokens, channels).
        weights: how much each token counts, (targets, tokens) with mean 1.
        who: who is painted, int64 (targets, attributes), see `shown_indices`.
        references: latents of every reference, (rows, tokens, channels).
        reference_shows: whom every reference shows, int64 (rows, attributes).
        sharing: how many targets each row of references serves, in order.
    """

    descriptions: list[str]
    told: Tensor
    target: Tensor
    weights: Tensor
    who: Tensor
    target_size: Size
    references: tuple[Tensor, ...]
    reference_shows: tuple[Tensor, ...]
    reference_sizes: tuple[Size, ...]
    sharing: int

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(**{field.name: _moved(getattr(self, field.name), device) for field in fields(self)})


def _moved(value: Any, device: torch.device) -> Any:
    match value:
        case Tensor():
            return value.to(device)
        case (Tensor(), *_):
            return tuple(one.to(device) for one in value)
        case _:
            return value
