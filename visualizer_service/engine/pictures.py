"""Pixels of a decoder as pictures: rounded to bytes on the device, so that a quarter of the memory crosses the bus."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image
from torch import Tensor, uint8


def to_pictures(pixels: Tensor, fetched: Callable[[Tensor], Tensor]) -> list[Image.Image]:
    """RGB pictures of pixels (batch, 3, height, width) in [-1, 1], which `fetched` brings to the host.

    Source: diffusers 0.42 `VaeImageProcessor.postprocess`.
    """
    in_range = (pixels * 0.5 + 0.5).clamp(0, 1)
    whole = (in_range.float() * 255).round().to(uint8).permute(0, 2, 3, 1).contiguous()
    return [Image.fromarray(one) for one in fetched(whole).numpy()]
