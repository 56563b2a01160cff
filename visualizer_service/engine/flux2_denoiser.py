"""FLUX.2's transformer for rows that share a shape: each at its own timestep, with its own prompt and references.

It knows rows and layouts, nothing of schedules or caches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.transformers.transformer_flux2 import Flux2KVCache
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.device import Device
from visualizer_service.engine.flow import Flow, timesteps, together
from visualizer_service.engine.flux2_attention import Given
from visualizer_service.engine.flux2_blocks import use_lean_blocks
from visualizer_service.engine.flux2_positions import Flux2Positions, Grid, Positions


@dataclass(slots=True)
class KeptReferences:
    """A job's references, ready for every step.

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
    references: KeptReferences | None
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
    """Asks the transformer of a pipeline, whose blocks it exchanges for leaner ones where no adapter stands on them."""

    def __init__(
        self,
        pipeline: Flux2KleinPipeline | Flux2KleinKVPipeline,
        text_tokens: int,
        device: Device,
        adapters: Adapters,
    ) -> None:
        self._device = device
        self._adapters = adapters
        self._transformer = pipeline.transformer
        self._positions = Flux2Positions(pipeline, text_tokens, device)
        self._is_lean = not adapters.names  # an adapter stands on projections that are not fused
        if self._is_lean:
            use_lean_blocks(self._transformer)

    def velocity(self, rows: Sequence[Flux2Row]) -> Tensor:
        """The model's answer (rows, tokens, channels)."""
        flows = [row.flow for row in rows]
        # Rows at one timestep are scaled and shifted alike: said once, that costs the blocks no pass of its own.
        at_once = len({flow.timestep for flow in flows}) == 1
        latents, times = together(flows), timesteps(flows[:1] if at_once else flows)
        references = [row.references for row in rows if row.references]
        kept = [one.keys_values for one in references if one.keys_values is not None]
        beside = [] if kept else [one.latents for one in references]
        positions = self._positions.of_picture(rows[0].grid, references[0].grids if beside else ())
        self._adapters.use(rows[0].adapter)
        answer = self._ask(
            torch.cat([latents, torch.cat(beside)], dim=1) if beside else latents,
            times.to(latents.dtype) / 1000,
            torch.cat([row.prompt for row in rows]),
            positions,
            {"turn": positions.turn, "unread": len(positions.text)},
            **({"kv_cache": self._stacked(kept), "kv_cache_mode": "cached"} if kept else {}),
        )[0]
        return answer[:, : latents.shape[1]]

    def extract(self, grids: tuple[Grid, ...], latents: Tensor, adapter: str | None) -> Tensor:
        """Keys and values (2, layers, batch, tokens, heads, head width) of sets of references with one layout.

        The model runs on the references alone, at their fixed timestep: nothing that they attend to is left out, and the blank text
        changes nothing for them.

        Args:
            latents: (batch, tokens, channels).
        """
        positions = self._positions.of_references(grids)
        blank = latents.new_zeros(
            len(latents), len(positions.text), self._transformer.config.joint_attention_dim
        )
        self._adapters.use(adapter)
        if self._is_lean:
            layers: list[tuple[Tensor, Tensor]] = []
            given: Given = {"turn": positions.turn, "unread": len(positions.turn), "extracted": layers}
            self._ask(latents, latents.new_zeros(1), blank, positions, given)
        else:
            extracting = {"kv_cache_mode": "extract", "num_ref_tokens": latents.shape[1]}
            cache = self._ask(latents, latents.new_zeros(len(latents)), blank, positions, None, **extracting)[
                1
            ]
            layers = [layer.get() for layer in (*cache.double_block_caches, *cache.single_block_caches)]
        return torch.stack([torch.stack(of_all_layers) for of_all_layers in zip(*layers, strict=True)])

    def _ask(
        self,
        tokens: Tensor,
        times: Tensor,
        text: Tensor,
        positions: Positions,
        given: Given | None,
        **cache: Any,
    ) -> tuple[Any, ...]:
        """One call; `times` are in [0, 1], `given` goes to lean blocks and `cache` to diffusers' forward."""
        return self._transformer(
            hidden_states=tokens.to(self._device.dtype),
            timestep=times,
            encoder_hidden_states=text,
            txt_ids=positions.text,
            img_ids=positions.picture,
            joint_attention_kwargs=given if self._is_lean else None,
            return_dict=False,
            **cache,
        )

    def _stacked(self, rows: Sequence[Tensor]) -> Flux2KVCache:
        """The transformer's cache for rows of `KeptReferences.keys_values`."""
        if all(row is rows[0] for row in rows):
            together = rows[0].unsqueeze(2).expand(-1, -1, len(rows), -1, -1, -1)
        else:
            together = torch.stack(list(rows), dim=2)
        _, layers, _, tokens, *_ = together.shape
        doubles = len(self._transformer.transformer_blocks)
        cache = Flux2KVCache(doubles, layers - doubles)
        cache.num_ref_tokens = tokens
        for index, layer in enumerate((*cache.double_block_caches, *cache.single_block_caches)):
            layer.store(together[0, index], together[1, index])
        return cache
