"""Writes the trained parts as a diffusers `Flux2KleinKVPipeline` folder, and beside it what a server must know to call it.

It knows files and formats, nothing of training.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import torch
from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from transformers import PreTrainedTokenizerFast

from training.visualizer.prompts import MAX_TOKENS
from training.visualizer.transformer import TEXT_LAYERS, Painter
from training.world import SIZES

INFERENCE_STEPS: Final = 8
MAX_REFERENCES: Final = 4
SIGMA_SHIFT: Final = 1.0


def assemble(
    vae: AutoencoderKLFlux2, painter: Painter, tokenizer: PreTrainedTokenizerFast
) -> Flux2KleinKVPipeline:
    """Put the parts together as they are, without copying them."""
    return Flux2KleinKVPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(
            num_train_timesteps=1000, shift=SIGMA_SHIFT, use_dynamic_shifting=False
        ),
        vae=vae,
        text_encoder=painter.text_encoder,
        tokenizer=tokenizer,
        transformer=painter.transformer,
    )


def export(
    folder: Path, vae: AutoencoderKLFlux2, painter: Painter, tokenizer: PreTrainedTokenizerFast
) -> Flux2KleinKVPipeline:
    """Save the pipeline with the transformer in float16, which loads as float32, and return it as loaded from there."""
    pipeline = assemble(vae, painter, tokenizer)
    painter.transformer.half()
    pipeline.save_pretrained(folder)
    painter.transformer.float()
    (folder / "serving.json").write_text(json.dumps(serving(), indent=2) + "\n", encoding="utf-8")
    return load(folder)


def serving() -> dict[str, object]:
    """What a call of this pipeline must be given: it was trained with these and with no others."""
    return {
        "max_sequence_length": MAX_TOKENS,
        "text_encoder_out_layers": [TEXT_LAYERS],
        "num_inference_steps": INFERENCE_STEPS,
        "steps_may_vary": False,
        "sizes": [list(size) for size in SIZES],
        "max_references": MAX_REFERENCES,
    }


def load(folder: Path) -> Flux2KleinKVPipeline:
    """Load the pipeline in float32."""
    return Flux2KleinKVPipeline.from_pretrained(folder, dtype=torch.float32)
