"""Previews have the right colours in the right places where latents keep them."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from visualizer_service.engine.latent_rgb import LatentRGB

TOKEN_PX = 8
MIXING = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(0)))[0]


def encode(image: Image.Image) -> torch.Tensor:
    """An encoder that averages colours and hides them in a rotation with three channels of nothing."""
    small = image.resize((image.width // TOKEN_PX, image.height // TOKEN_PX), Image.Resampling.BOX)
    colours = torch.from_numpy(np.array(small)).float() / 127.5 - 1
    padded = torch.cat([colours, torch.zeros_like(colours)], dim=-1) @ MIXING
    return padded.permute(2, 0, 1)[None]


def test_the_map_finds_the_colours_again() -> None:
    halves = Image.new("RGB", (64, 32), (200, 40, 90))
    halves.paste((20, 220, 130), (32, 0, 64, 32))
    look = LatentRGB.fit(encode, TOKEN_PX, detail=1).picture(encode(halves))
    assert look.size == (8, 4)
    expected = np.asarray(halves.resize((8, 4), Image.Resampling.BOX)).astype(int)
    assert np.abs(np.asarray(look).astype(int) - expected).max() <= 3
