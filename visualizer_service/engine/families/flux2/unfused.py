"""FLUX.2's transformer as diffusers runs it, for use with LoRA adapters: they need the projections that fused blocks join."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers.models.transformers.transformer_flux2 import Flux2KVCache, Flux2Transformer2DModel
from torch import Tensor

from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.layers import of_layer
from visualizer_service.engine.families.flux2.positions import Positions


class UnfusedTransformer:
    """Does what `FusedTransformer` does."""

    blank_tokens = 1  # diffusers' text blocks need one

    def __init__(self, transformer: Flux2Transformer2DModel, guidance: float | None, device: Device) -> None:
        self._transformer = transformer
        self._guidance = guidance
        self._device = device

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
        timestep = self._device.put(torch.tensor(times, dtype=picture.dtype) / 1000)
        return self._transformer(
            hidden_states=picture,
            timestep=timestep,
            guidance=None if self._guidance is None else torch.full_like(timestep, self._guidance),
            encoder_hidden_states=text,
            txt_ids=positions.text,
            img_ids=positions.picture,
            kv_cache=self._as_cache(keys_values, picture.dtype) if keys_values else None,
            kv_cache_mode="cached" if keys_values else None,
            return_dict=False,
        )[0]

    def extract(
        self, references: Tensor, blank: Tensor, positions: Positions
    ) -> Sequence[tuple[Tensor, Tensor]]:
        """Keys and values of each layer, (batch, tokens, heads, head width)."""
        _, cache = self._transformer(
            hidden_states=references,
            timestep=references.new_zeros(len(references)),
            encoder_hidden_states=blank,
            txt_ids=positions.text,
            img_ids=positions.picture,
            kv_cache_mode="extract",
            num_ref_tokens=references.shape[1],
            return_dict=False,
        )
        return [layer.get() for layer in (*cache.double_block_caches, *cache.single_block_caches)]

    def _as_cache(self, keys_values: Sequence[Tensor], dtype: torch.dtype) -> Flux2KVCache:
        doubles = len(self._transformer.transformer_blocks)
        cache = Flux2KVCache(doubles, keys_values[0].shape[1] - doubles)
        cache.num_ref_tokens = keys_values[0].shape[2]
        for index, layer in enumerate((*cache.double_block_caches, *cache.single_block_caches)):
            layer.store(*of_layer(keys_values, index, dtype))
        return cache
