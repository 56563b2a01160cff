"""FLUX.2's transformer as diffusers runs it, for use with LoRA adapters: they need the projections that fused blocks join."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers.models.transformers.transformer_flux2 import Flux2KVCache, Flux2Transformer2DModel
from torch import Tensor

from visualizer_service.engine.families.flux2.positions import Positions


class UnfusedTransformer:
    """Does what `FusedTransformer` does."""

    blank_tokens = 1  # diffusers' text blocks need one

    def __init__(self, transformer: Flux2Transformer2DModel, guidance: float | None) -> None:
        self._transformer = transformer
        self._guidance = guidance

    def velocity(
        self,
        picture: Tensor,
        text: Tensor,
        times: Sequence[float],
        positions: Positions,
        reference_kv: Tensor | None,
    ) -> Tensor:
        """The velocity (batch, picture tokens, channels) at `times` in [0, 1000].

        Args:
            reference_kv: keys and values of references, (2, layers, batch, tokens, heads, head width).
        """
        timestep = torch.tensor(times, device=picture.device).to(picture.dtype) / 1000
        return self._transformer(
            hidden_states=picture,
            timestep=timestep,
            guidance=None if self._guidance is None else torch.full_like(timestep, self._guidance),
            encoder_hidden_states=text,
            txt_ids=positions.text,
            img_ids=positions.picture,
            kv_cache=None if reference_kv is None else self._as_cache(reference_kv),
            kv_cache_mode=None if reference_kv is None else "cached",
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

    def _as_cache(self, reference_kv: Tensor) -> Flux2KVCache:
        doubles = len(self._transformer.transformer_blocks)
        cache = Flux2KVCache(doubles, reference_kv.shape[1] - doubles)
        cache.num_ref_tokens = reference_kv.shape[3]
        for index, layer in enumerate((*cache.double_block_caches, *cache.single_block_caches)):
            layer.store(*reference_kv[:, index])
        return cache
