"""FLUX.2's transformer over fused blocks; what depends on a timestep alone is made once for all pictures and jobs.

Source of the arithmetic: diffusers 0.42 `Flux2Transformer2DModel.forward`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import torch
from diffusers.models.transformers.transformer_flux2 import (
    Flux2SingleTransformerBlock,
    Flux2Transformer2DModel,
    Flux2TransformerBlock,
)
from torch import Tensor

from visualizer_service.engine.cache import Cache
from visualizer_service.engine.cpu.projection import Projection
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.attention import KeysValues, SharedInputs
from visualizer_service.engine.families.flux2.blocks import FusedDoubleBlock, FusedSingleBlock, modulated
from visualizer_service.engine.families.flux2.layers import of_layer
from visualizer_service.engine.families.flux2.positions import Positions

SCALES: Final = (1, 4, 7, 10, 13, 15)
"""Places of the scales among the 17 vectors of a timestep: 6 for the picture, 6 for the text, 3 for both, 2 for the last norm."""
MODULATION_BYTES: Final = 32 * 2**20
"""Room for every timestep of the usual schedules: one takes 17 vectors as wide as the model."""


class FusedTransformer:
    """A transformer whose blocks are exchanged, so that nothing but this class may call it from now on.

    `guidance` is the scale passed to the model at every call, None for a model that takes none. `blank_tokens` is how many tokens must
    stand for a prompt where there is none.
    """

    blank_tokens = 0

    def __init__(self, transformer: Flux2Transformer2DModel, guidance: float | None, device: Device) -> None:
        # `Any`: its forward now takes other arguments; it is still what hooks, compiling and attention backends are applied to.
        self._transformer: Any = transformer
        doubles, singles = transformer.transformer_blocks, transformer.single_transformer_blocks
        for index, block in enumerate(doubles):
            doubles[index] = FusedDoubleBlock(cast("Flux2TransformerBlock", block))
        for index, block in enumerate(singles):
            is_last = index == len(singles) - 1
            singles[index] = FusedSingleBlock(cast("Flux2SingleTransformerBlock", block), is_last)
        for name in ("x_embedder", "context_embedder", "proj_out"):
            setattr(transformer, name, Projection(getattr(transformer, name)))
        self._transformer._repeated_blocks = [FusedDoubleBlock.__name__, FusedSingleBlock.__name__]
        self._transformer.forward = FusedForward(transformer, guidance, device)

    def velocity(
        self,
        picture: Tensor,
        text: Tensor,
        times: Sequence[float],
        positions: Positions,
        keys_values: Sequence[Tensor],
    ) -> Tensor:
        """The velocity (batch, picture tokens, channels) at `times` in [0, 1000].

        Args:
            keys_values: of each row's references, (2, layers, tokens, heads, head width), or none at all; as bytes if they are `shrunk`.
        """
        return self._transformer(
            picture, text, times, SharedInputs(positions.rotary, len(positions.text)), keys_values
        )[0]

    def extract(self, references: Tensor, blank: Tensor, positions: Positions) -> Sequence[KeysValues]:
        """What each layer makes of references."""
        shared = SharedInputs(positions.rotary, unread=len(positions.rotary), extracts=True)
        return self._transformer(references, blank, [0.0], shared, ())[1]


class FusedForward:
    """Text and picture, both (batch, tokens, channels), and the timesteps of the rows, in [0, 1000], to the model's velocity."""

    def __init__(self, transformer: Flux2Transformer2DModel, guidance: float | None, device: Device) -> None:
        self._parts = transformer
        self._guidance = guidance
        self._device = device
        self._modulations: Cache[float, Tensor] = Cache(MODULATION_BYTES)

    def __call__(
        self,
        picture: Tensor,
        text: Tensor,
        times: Sequence[float],
        shared: SharedInputs,
        keys_values: Sequence[Tensor],
    ) -> tuple[Tensor, list[KeysValues]]:
        """The velocity (batch, picture tokens, channels) and, if `shared` says so, what each layer extracted."""
        parts = self._parts
        modulation = self._modulation(times, picture)
        of_picture, of_text, of_both = modulation[:6], modulation[6:12], modulation[12:15]
        scale, shift = modulation[15:]  # the other way round than everywhere else
        picture, text = parts.x_embedder(picture), parts.context_embedder(text)
        doubles, singles = parts.transformer_blocks, parts.single_transformer_blocks

        def kv_of(layer: int) -> Tensor | None:
            return of_layer(keys_values, layer, picture.dtype) if keys_values else None

        extracted = [
            block(text, picture, (of_text, of_picture), shared, kv_of(layer))
            for layer, block in enumerate(doubles)
        ]
        hidden = torch.cat([text, picture], dim=1)
        extracted += [
            block(hidden, of_both, shared, kv_of(layer)) for layer, block in enumerate(singles, len(doubles))
        ]
        velocity = parts.proj_out(
            modulated(hidden[:, text.shape[1] :], (shift, scale), parts.norm_out.norm.eps)
        )
        return velocity, extracted

    def _modulation(self, times: Sequence[float], like: Tensor) -> Sequence[Tensor]:
        """Of the picture, the text, both, and the last norm, 6 + 6 + 3 + 2 of (batch or 1, 1, width); scales have one added."""
        # Rows at one timestep are scaled and shifted alike: one vector for all costs the blocks no pass of its own.
        distinct = times[:1] if len(set(times)) == 1 else times
        return torch.cat([self._at(time, like) for time in distinct]).chunk(17, dim=-1)

    def _at(self, time: float, like: Tensor) -> Tensor:
        known = self._modulations.get(time)
        if known is None:
            parts = self._parts
            # Through [0, 1] and back, as diffusers' pipeline and transformer hand it on.
            timestep = self._device.put(torch.tensor([time], dtype=like.dtype) / 1000 * 1000)
            guidance = None if self._guidance is None else torch.full_like(timestep, self._guidance) * 1000
            embedded = parts.time_guidance_embed(timestep, guidance)
            known = torch.cat(
                [
                    parts.double_stream_modulation_img(embedded),
                    parts.double_stream_modulation_txt(embedded),
                    parts.single_stream_modulation(embedded),
                    parts.norm_out.linear(parts.norm_out.silu(embedded)),
                ],
                dim=-1,
            )[:, None]
            vectors = known.chunk(17, dim=-1)
            for place in SCALES:
                vectors[place].add_(1)
            self._modulations.put(time, known)
        return known
