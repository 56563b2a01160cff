"""FLUX.2's prompts as embeddings, cached by content.

Text has a fixed length, padding included, because padding takes part in the transformer's attention.
Source: diffusers 0.42 `encode_prompt` of `Flux2KleinKVPipeline` and `Flux2Pipeline`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from diffusers.pipelines.flux2.pipeline_flux2 import Flux2Pipeline
from torch import Tensor
from torch.nn import Identity, Module
from transformers import MistralModel, Qwen3Model

from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.qwen3_layers import Qwen3Layers
from visualizer_service.engine.serving import Serving


class Flux2Text:
    """Encodes descriptions."""

    def __init__(self, pipeline: AnyFlux2, serving: Serving, device: Device, cache: EncoderCache) -> None:
        self._pipeline = pipeline
        self._serving = serving
        self._device = device
        self._cache = cache
        # Without the vocabulary head: the same hidden states, and no memory for what turns them into logits.
        whole = pipeline.text_encoder.model
        pipeline.text_encoder.lm_head = Identity()
        language = whole.language_model if isinstance(pipeline, Flux2Pipeline) else whole
        _drop_unread_layers(language, max(serving.text_encoder_out_layers))
        # `Any`: diffusers declares whole models of certain classes and calls what it is given.
        self._encoder: Any = Qwen3Layers(whole) if isinstance(whole, Qwen3Model) else whole

    def encoded(self, descriptions: Sequence[str]) -> list[Tensor]:
        """Embeddings (1, text tokens, width); those that are not cached are made in one call."""
        return self._cache.prompts(descriptions, self._encode)

    def _encode(self, descriptions: list[str]) -> list[Tensor]:
        _call_for(self._pipeline.text_encoder)
        # Copies of their own, or each would keep the whole batch alive.
        return [one.clone() for one in self._together(descriptions).split(1)]

    def _together(self, descriptions: list[str]) -> Tensor:
        pipeline, serving = self._pipeline, self._serving
        encode = (
            partial(pipeline._get_mistral_3_small_prompt_embeds, system_message=pipeline.system_message)
            if isinstance(pipeline, Flux2Pipeline)
            else pipeline._get_qwen3_prompt_embeds
        )
        return encode(
            self._encoder,
            pipeline.tokenizer,
            descriptions,
            device=self._device.torch,
            max_sequence_length=serving.max_sequence_length,
            hidden_states_layers=list(serving.text_encoder_out_layers),
        )


def _drop_unread_layers(language: MistralModel | Qwen3Model, read: int) -> None:
    """Free the layers above the `read` lowest, and with them the norm, which only the top layer's outcome goes through."""
    if read < len(language.layers):
        del language.layers[read:]
        language.config.num_hidden_layers = read
        language.set_submodule("norm", Identity())


def _call_for(part: Module) -> None:
    """Have a part that waits in the host's memory brought to the device, as a call of the whole of it would."""
    # accelerate leaves its hook there; diffusers' own `apply_forward_hook` does the same for autoencoders.
    hook = getattr(part, "_hf_hook", None)
    if hook is not None:
        hook.pre_forward(part)
