"""Pictures as tensors: batches of drawn scenes, endless and never the same.

It knows drawing and tensors, nothing of models. Training draws from any seed but those of the held-out scenes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from training.drawing import draw
from training.scenery import Size
from training.world import SIZES, Scene

HELD_OUT_SEED: Final = 1_000_003
"""Evaluation draws its scenes from this seed; training never does."""


def to_tensor(pictures: list[Image.Image]) -> Tensor:
    """Stack RGB pictures of one size as float32 (batch, 3, height, width) in [-1, 1]."""
    pixels = np.stack([np.asarray(picture, np.uint8) for picture in pictures])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def to_pictures(pixels: Tensor) -> list[Image.Image]:
    """Turn (batch, 3, height, width) in [-1, 1] back into RGB pictures, clipped."""
    levels = ((pixels.detach().float().cpu().clamp(-1, 1) + 1) * 127.5).round().byte()
    return [Image.fromarray(image) for image in levels.permute(0, 2, 3, 1).contiguous().numpy()]


def crops(rng: random.Random, batch: int, side: int) -> Iterator[Tensor]:
    """Yield batches of random square crops, four from each drawn picture."""
    while True:
        pixels = torch.cat([to_tensor([_any_picture(rng, SIZES[0])]) for _ in range(batch // 4)])
        offsets = [
            (rng.randrange(pixels.shape[2] - side + 1), rng.randrange(pixels.shape[3] - side + 1))
            for _ in range(batch)
        ]
        yield torch.stack([pixels[i // 4, :, y : y + side, x : x + side] for i, (y, x) in enumerate(offsets)])


def whole(rng: random.Random, batch: int) -> Iterator[Tensor]:
    """Yield batches of whole pictures of one size each, half of them square."""
    while True:
        size = rng.choice((SIZES[0], *SIZES[1:], SIZES[0]))
        yield to_tensor([_any_picture(rng, size) for _ in range(batch)])


def _any_picture(rng: random.Random, size: Size) -> Image.Image:
    return draw(Scene.sample(rng), size, rng)
