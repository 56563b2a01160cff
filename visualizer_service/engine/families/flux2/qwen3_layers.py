"""Qwen3 layer by layer, so that each can be compiled: transformers' own call collects hidden states by hooks, which no compiler takes.

Source: transformers 5 `Qwen3Model.forward`, without a cache and without sliding windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import Qwen3Model
from transformers.masking_utils import create_causal_mask


@dataclass(frozen=True, slots=True)
class HiddenStates:
    """What went into each layer, and what came out of the last and its norm, (batch, tokens, width) each."""

    hidden_states: list[Tensor]


class Qwen3Layers(nn.Module):
    """What diffusers asks of a text encoder."""

    def __init__(self, model: Qwen3Model) -> None:
        super().__init__()
        if model.has_sliding_layers:
            raise ValueError("the text encoder has sliding windows, which FLUX.2 klein's has not")
        self.model = model

    @property
    def dtype(self) -> torch.dtype:
        """The weights'."""
        return self.model.dtype

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, output_hidden_states: bool, use_cache: bool
    ) -> HiddenStates:
        """The hidden states of ids and mask, (batch, tokens) both; nothing else can be asked for."""
        assert output_hidden_states, "nothing else is made"
        assert not use_cache, "there is none"
        model = self.model
        hidden = model.embed_tokens(input_ids)
        position_ids = torch.arange(hidden.shape[1], device=hidden.device)[None]
        mask = create_causal_mask(
            config=model.config,
            inputs_embeds=hidden,
            attention_mask=attention_mask,
            past_key_values=None,
            position_ids=position_ids,
        )
        rotary = model.rotary_emb(hidden, position_ids)
        states = [hidden]
        for layer in model.layers:
            hidden = layer(hidden, attention_mask=mask, position_embeddings=rotary, position_ids=position_ids)
            states.append(hidden)
        return HiddenStates([*states[:-1], model.norm(hidden)])
