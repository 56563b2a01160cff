"""FLUX.2's prompts are embedded as diffusers embeds them, and what nobody reads of the language model takes no memory."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline

from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.budgets import CacheBudget
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flux2.text import Flux2Text
from visualizer_service.engine.serving import Serving

TOKENS = tiny.SERVING["max_sequence_length"]
CPU = Device("cpu", torch.float32)


def text_over(pipeline: Flux2KleinKVPipeline, read: tuple[int, ...]) -> Flux2Text:
    serving = Serving(
        num_inference_steps=1, max_references=0, max_sequence_length=TOKENS, text_encoder_out_layers=read
    )
    return Flux2Text(pipeline, serving, CPU, EncoderCache(CPU, CacheBudget(0, 0, 0, 0)))


@pytest.mark.parametrize("read", [(1, 2), (3,), (2, 4)])
def test_embeddings_are_the_pipelines_whichever_layers_are_read(
    klein_kv: Path, read: tuple[int, ...]
) -> None:
    pipeline = Flux2KleinKVPipeline.from_pretrained(klein_kv)
    with torch.inference_mode():
        expected, _ = pipeline.encode_prompt(
            "a fox", max_sequence_length=TOKENS, text_encoder_out_layers=read
        )
        [embedding] = text_over(pipeline, read).encoded(["a fox"])
    assert torch.equal(embedding, expected)


def test_layers_above_the_last_one_read_and_the_vocabulary_head_are_freed(klein_kv: Path) -> None:
    pipeline = Flux2KleinKVPipeline.from_pretrained(klein_kv)
    encoder = pipeline.text_encoder
    needed = [encoder.model.embed_tokens, *encoder.model.layers[:2]]
    text_over(pipeline, (1, 2))
    held = sum(weights.numel() for weights in encoder.parameters())
    assert held == sum(weights.numel() for part in needed for weights in part.parameters())
