"""Rough colours of latents without a decoder: the linear map that fits what an encoder does to pictures of plain shapes.

It knows latents and colours, no model. Such a map is enough for a preview, because latents keep the colour of a place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

PICTURES: Final = 12
SIDE_TOKENS: Final = 12


class LatentRGB:
    """`weights` is (channels + 1, 3 * detail²): each token gives detail by detail pixels, in [0, 1]; the last row is the bias."""

    def __init__(self, weights: Tensor, detail: int) -> None:
        self._weights = weights
        self._detail = detail

    @classmethod
    def fit(cls, encode: Callable[[Image.Image], Tensor], token_px: int, detail: int = 2) -> LatentRGB:
        """Least squares between `encode`'s latents (1, channels, rows, columns) and the pictures they came from."""
        known, wanted = [], []
        with torch.inference_mode():
            for seed in range(PICTURES):
                picture = _shapes(SIDE_TOKENS * token_px, seed)
                latents = encode(picture)[0].float().cpu()
                small = picture.resize((SIDE_TOKENS * detail, SIDE_TOKENS * detail), Image.Resampling.BOX)
                known.append(latents.flatten(1).T)
                wanted.append(_to_tokens(torch.from_numpy(np.array(small)) / 255, detail))
        inputs = torch.cat(known)
        inputs = torch.cat([inputs, torch.ones(len(inputs), 1)], dim=1)
        # A touch of ridge: random or collapsed channels must not blow the map up.
        square = inputs.T @ inputs + 1e-2 * torch.eye(inputs.shape[1])
        return cls(torch.linalg.solve(square, inputs.T @ torch.cat(wanted)), detail)

    def picture(self, latents: Tensor) -> Image.Image:
        """An RGB picture of `detail` pixels a token for latents (1, channels, rows, columns)."""
        _, _, rows, columns = latents.shape
        tokens = latents[0].float().cpu().flatten(1).T
        colours = tokens @ self._weights[:-1] + self._weights[-1]
        pixels = colours.view(rows, columns, self._detail, self._detail, 3).permute(0, 2, 1, 3, 4)
        flat = (pixels.reshape(rows * self._detail, columns * self._detail, 3).clamp(0, 1) * 255).byte()
        return Image.fromarray(flat.numpy())


def _to_tokens(pixels: Tensor, detail: int) -> Tensor:
    """(rows * detail, columns * detail, 3) to (rows * columns, detail * detail * 3)."""
    rows, columns = pixels.shape[0] // detail, pixels.shape[1] // detail
    return pixels.view(rows, detail, columns, detail, 3).permute(0, 2, 1, 3, 4).reshape(rows * columns, -1)


def _shapes(side_px: int, seed: int) -> Image.Image:
    """Discs of plain colours on a plain ground."""
    chance = np.random.default_rng(seed)
    picture = Image.new("RGB", (side_px, side_px), tuple(chance.integers(0, 256, 3)))
    pen = ImageDraw.Draw(picture)
    for _ in range(24):
        x, y = chance.integers(0, side_px, 2)
        radius = chance.integers(side_px // 16, side_px // 3)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=tuple(chance.integers(0, 256, 3)))
    return picture
