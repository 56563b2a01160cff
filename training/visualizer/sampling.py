"""Paints a description with the pipeline, the way a server would.

It knows the pipeline and what it must be given, nothing of training or of scenes.
"""

from __future__ import annotations

import torch
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from PIL import Image

from training.scenery import Size
from training.visualizer.export import INFERENCE_STEPS
from training.visualizer.prompts import MAX_TOKENS
from training.visualizer.transformer import TEXT_LAYERS


@torch.no_grad()
def paint(
    pipeline: Flux2KleinKVPipeline, description: str, references: list[Image.Image], size: Size, seed: int
) -> Image.Image:
    """Paint one picture of `size` (width and height in px)."""
    pipeline.set_progress_bar_config(disable=True)
    pictures, *_ = pipeline(
        prompt=description,
        image=references or None,
        width=size[0],
        height=size[1],
        num_inference_steps=INFERENCE_STEPS,
        generator=torch.Generator().manual_seed(seed),
        max_sequence_length=MAX_TOKENS,
        text_encoder_out_layers=(TEXT_LAYERS,),
        return_dict=False,
    )
    return pictures[0]
