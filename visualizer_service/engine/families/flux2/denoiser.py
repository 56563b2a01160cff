"""FLUX.2's transformer for rows that share a shape: each at its own time, with its own prompt and references.

It knows guides and layouts, nothing of schedules or caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.families.flux2.forward import FusedTransformer
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2, embeds_guidance
from visualizer_service.engine.families.flux2.positions import Flux2Positions, Grid
from visualizer_service.engine.families.flux2.unfused import UnfusedTransformer
from visualizer_service.engine.serving import Serving


@dataclass(frozen=True)
class Flux2Guide(Guide):
    """What a picture follows; `wanted` is (1, text tokens, width).

    `keys_values` of all references is (2, layers, tokens, heads, head width), double blocks first, as bytes if they are `shrunk`, or
    None where there are none or the model attends otherwise.
    """

    keys_values: Tensor | None = None

    @property
    def layout(self) -> object:
        """Keys and values do not care where their tokens stand."""
        return super().layout if self.keys_values is None else self.keys_values.shape[2]


class Flux2Denoiser:
    """Asks the transformer of a pipeline."""

    def __init__(self, pipeline: AnyFlux2, serving: Serving, device: Device, adapters: Adapters) -> None:
        self._device = device
        self._adapters = adapters
        self._text_width: int = pipeline.transformer.config.joint_attention_dim
        guidance = serving.guidance_scale if embeds_guidance(pipeline) else None
        kind = UnfusedTransformer if adapters.names else FusedTransformer
        self._positions = Flux2Positions(pipeline, serving.max_sequence_length, kind.blank_tokens, device)
        self._transformer = kind(pipeline.transformer, guidance, device)

    def velocity(self, latents: Tensor, times: Sequence[float], guides: Sequence[Guide]) -> Tensor:
        """The model's velocity for latents (batch, channels, rows, columns)."""
        flux2_guides = cast("Sequence[Flux2Guide]", guides)
        grid = latents.shape[2], latents.shape[3]
        keys_values = [guide.keys_values for guide in flux2_guides if guide.keys_values is not None]
        beside = () if keys_values else guides[0].references
        rows = [latents]
        if beside:
            rows += [
                torch.cat(images) for images in zip(*(guide.references for guide in guides), strict=True)
            ]
        velocity = self._transformer.velocity(
            torch.cat([packed(row) for row in rows], dim=1).to(self._device.dtype),
            torch.cat([guide.wanted for guide in guides]),
            times,
            self._positions.of_picture(grid, tuple((one.shape[2], one.shape[3]) for one in beside)),
            keys_values,
        )
        return velocity[:, : grid[0] * grid[1]].mT.unflatten(2, grid)

    def extract(self, grids: tuple[Grid, ...], latents: Tensor, adapter: str | None) -> Tensor:
        """Keys and values (2, layers, batch, tokens, heads, head width) of sets of references with one layout.

        The model runs on the references alone, at their fixed timestep: nothing that they attend to is left out, and the blank text
        changes nothing for them.

        Args:
            latents: (batch, tokens, channels).
        """
        positions = self._positions.of_references(grids)
        tokens = latents.to(self._device.dtype)
        blank = tokens.new_zeros(len(tokens), len(positions.text), self._text_width)
        self._adapters.use(adapter)
        layers = self._transformer.extract(tokens, blank, positions)
        return torch.stack([torch.stack(of_all_layers) for of_all_layers in zip(*layers, strict=True)])


def packed(latents: Tensor) -> Tensor:
    """(batch, channels, rows, columns) to tokens (batch, rows * columns, channels)."""
    return latents.flatten(2).mT
