"""FLUX.2's transformer for rows that share a shape: each at its own timestep, with its own prompt and references.

It knows rows and layouts, nothing of schedules or caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.flow import Flow, together
from visualizer_service.engine.families.flux2.forward import FusedTransformer
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2, embeds_guidance
from visualizer_service.engine.families.flux2.positions import Flux2Positions, Grid
from visualizer_service.engine.families.flux2.unfused import UnfusedTransformer
from visualizer_service.engine.serving import Serving


@dataclass(slots=True)
class EncodedReferences:
    """A job's references as the transformer takes them at every step.

    `grids` are rows and columns of each image; `latents` is (1, tokens, channels); `keys_values` is
    (2, layers, tokens, heads, head width), double blocks first, or None where the model attends otherwise.
    """

    grids: tuple[Grid, ...]
    latents: Tensor
    keys_values: Tensor | None = None

    @property
    def shape(self) -> object:
        """Equal for references that can share a call."""
        return self.grids if self.keys_values is None else self.latents.shape[1]


@dataclass(frozen=True, slots=True)
class Flux2Row:
    """A picture under way: latents (1, tokens, channels) on a `grid` of tokens, `prompt` (1, text tokens, width)."""

    grid: Grid
    flow: Flow
    prompt: Tensor
    references: EncodedReferences | None
    adapter: str | None

    @property
    def step(self) -> int:
        """Steps done."""
        return self.flow.step

    @property
    def shape(self) -> tuple[object, ...]:
        """Rows, columns, the reference tokens' layout, and the adapter."""
        return self.grid, self.references.shape if self.references else None, self.adapter


class Flux2Denoiser:
    """Asks the transformer of a pipeline."""

    def __init__(
        self,
        pipeline: AnyFlux2,
        serving: Serving,
        device: Device,
        adapters: Adapters,
    ) -> None:
        self._device = device
        self._adapters = adapters
        self._text_width: int = pipeline.transformer.config.joint_attention_dim
        guidance = serving.guidance_scale if embeds_guidance(pipeline) else None
        kind = UnfusedTransformer if adapters.names else FusedTransformer
        self._positions = Flux2Positions(pipeline, serving.max_sequence_length, kind.blank_tokens, device)
        self._transformer = kind(pipeline.transformer, guidance)

    def velocity(self, rows: Sequence[Flux2Row]) -> Tensor:
        """The model's velocity (rows, tokens, channels)."""
        flows = [row.flow for row in rows]
        references = [row.references for row in rows if row.references]
        keys_values = [one.keys_values for one in references if one.keys_values is not None]
        reference_tokens = [] if keys_values else [one.latents for one in references]
        own = together(flows)
        self._adapters.use(rows[0].adapter)
        velocity = self._transformer.velocity(
            (torch.cat([own, torch.cat(reference_tokens)], dim=1) if reference_tokens else own).to(
                self._device.dtype
            ),
            torch.cat([row.prompt for row in rows]),
            [flow.timestep for flow in flows],
            self._positions.of_picture(rows[0].grid, references[0].grids if reference_tokens else ()),
            _stacked(keys_values) if keys_values else None,
        )
        return velocity[:, : own.shape[1]]

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


def _stacked(rows: Sequence[Tensor]) -> Tensor:
    """`EncodedReferences.keys_values` of all rows, (2, layers, rows, tokens, heads, head width); rows that share them share the memory."""
    if all(row is rows[0] for row in rows):
        return rows[0].unsqueeze(2).expand(-1, -1, len(rows), -1, -1, -1)
    return torch.stack(list(rows), dim=2)
