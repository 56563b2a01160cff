"""What small heads read off the painter's hidden states while it learns, and how badly: auxiliary losses, left behind at export.

They know what a scene tells and who stands in it, as indices; nothing of pictures or text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.world import (
    ANIMALS,
    COATS,
    COLOURS,
    GARMENTS,
    MARKINGS,
    PLACES,
    POSES,
    POSITIONS,
    SHADES,
    SKIES,
    TAILS,
    THINGS,
    Scene,
)

COLOURS_WORN: Final = (*COLOURS, "none")
TOLD_VALUES: Final = {
    "animal": ANIMALS,
    "garment": GARMENTS,
    "colour": COLOURS_WORN,
    "pose": POSES,
    "position": POSITIONS,
    "place": PLACES,
    "sky": SKIES,
    "thing": THINGS,
}
SHOWN_VALUES: Final = {"animal": ANIMALS, "coat": COATS, "shade": SHADES, "marking": MARKINGS, "tail": TAILS}
"""Who a character is: what only a picture shows, and the animal, by which a description names it."""


def told_indices(scene: Scene) -> list[int]:
    """What a description of `scene` tells, as an index into each of `TOLD_VALUES`."""
    bare = replace(scene, colour="none") if scene.garment == "none" else scene
    return [values.index(getattr(bare, name)) for name, values in TOLD_VALUES.items()]


def shown_indices(scene: Scene) -> list[int]:
    """Who stands in `scene`, as an index into each of `SHOWN_VALUES`."""
    who = scene.identity
    return [
        values.index(scene.animal if name == "animal" else getattr(who, name))
        for name, values in SHOWN_VALUES.items()
    ]


class Reader(nn.Linear):
    """Reads every attribute off each hidden state."""

    def __init__(self, width: int, values: Mapping[str, Sequence[str]]) -> None:
        self.sizes = [len(options) for options in values.values()]
        super().__init__(width, sum(self.sizes))

    def unread(self, states: Tensor, wanted: Tensor) -> Tensor:
        """How badly they can be read: cross-entropy, mean over states and attributes.

        Args:
            states: (rows, width).
            wanted: int64 (rows, attributes), the right index of each.
        """
        parts = self(states).float().split(self.sizes, dim=-1)
        return torch.stack(
            [functional.cross_entropy(part, wanted[:, k]) for k, part in enumerate(parts)]
        ).mean()
