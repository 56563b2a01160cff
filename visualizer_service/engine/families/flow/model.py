"""What `FlowFamily` asks of a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import torch
from PIL.Image import Image
from torch import Tensor, nn

from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.families.flow.schedule import Schedule
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.wire import Limits


class FlowModel(Protocol):
    """What differs between models.

    `latent_px` is the side of a latent and `multiple_px` that of a token, `noise_dtype` the type that noise is drawn in; a preview has
    `preview_detail` pixels a side for each latent. `vae` is the autoencoder whose own `decode` is called by this one's.
    """

    latent_px: int
    multiple_px: int
    channels: int
    preview_detail: int
    limits: Limits
    noise_dtype: torch.dtype
    vae: nn.Module

    def guide_tokens(self, references: Sequence[Reference]) -> int:
        """Tokens that a prompt and these references bring to a call."""
        ...

    def guides(self, tasks: Sequence[Task]) -> list[Guide]:
        """Encode prompts and references, or find them in the cache."""
        ...

    def reference_bytes(self) -> Mapping[str, int]:
        """What one reference of 1024² pixels takes in each part of the cache that keeps it."""
        ...

    def held(self) -> Iterable[str]:
        """Ids of the references whose work is cached, most recent first; one may come twice."""
        ...

    def schedule(self, steps: int, latents: Tensor) -> Schedule:
        """The way of a picture of such latents."""
        ...

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """Where the flow leads, guidance included, for latents (batch, channels, rows, columns) at `times` in [0, 1000]."""
        ...

    def encode(self, image: Image) -> Tensor:
        """Latents of an image whose sides are multiples of `multiple_px`."""
        ...

    def decode(self, latents: Tensor) -> Tensor:
        """Pixels (batch, 3, height, width) in [-1, 1]."""
        ...
