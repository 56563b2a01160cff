"""FLUX.2's transformer as diffusers runs it, for one that LoRA adapters stand on: they need the projections that lean blocks join."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from diffusers.models.transformers.transformer_flux2 import Flux2KVCache, Flux2Transformer2DModel
from torch import Tensor

from visualizer_service.engine.families.flux2.positions import Positions


class WholeTransformer:
    """Does what `LeanTransformer` does."""

    blank_tokens = 1  # diffusers' text blocks need one

    def __init__(self, transformer: Flux2Transformer2DModel, guidance: float | None) -> None:
        self._transformer = transformer
        self._guidance = guidance

    def answer(
        self, picture: Tensor, text: Tensor, times: Sequence[float], positions: Positions, kept: Tensor | None
    ) -> Tensor:
        """The velocity (batch, picture tokens, channels) at `times` in [0, 1000].

        Args:
            kept: what references gave, (2, layers, batch, tokens, heads, head width).
        """
        timestep = torch.tensor(times, device=picture.device).to(picture.dtype) / 1000
        return self._transformer(
            hidden_states=picture,
            timestep=timestep,
            guidance=None if self._guidance is None else torch.full_like(timestep, self._guidance),
            encoder_hidden_states=text,
            txt_ids=positions.text,
            img_ids=positions.picture,
            kv_cache=None if kept is None else self._as_cache(kept),
            kv_cache_mode=None if kept is None else "cached",
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

    def _as_cache(self, kept: Tensor) -> Flux2KVCache:
        doubles = len(self._transformer.transformer_blocks)
        cache = Flux2KVCache(doubles, kept.shape[1] - doubles)
        cache.num_ref_tokens = kept.shape[3]
        for index, layer in enumerate((*cache.double_block_caches, *cache.single_block_caches)):
            layer.store(*kept[:, index])
        return cache
