"""Tiny random models of the flow families, and their pipelines as functions of a task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from diffusers import (
    AutoencoderKLQwenImage,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    QwenImageEditPlusPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
)
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLProcessor,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from tests.unit.engine import tiny
from visualizer_service.engine.seam import Task

VISION = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


class StillProcessor(Qwen2VLProcessor):
    """Takes no films: the processor for those needs torchvision, which only servers have."""

    attributes = ["image_processor", "tokenizer"]

    def __init__(self, image_processor, tokenizer, **settings) -> None:
        super().__init__(image_processor, tokenizer, None, **settings)


def looking_tokenizer() -> PreTrainedTokenizerFast:
    words = tiny.tokenizer()
    words.add_special_tokens({"additional_special_tokens": VISION})
    return words


def looking_encoder(words: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    start, end, image, video = words.convert_tokens_to_ids(VISION)
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(words),
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]},
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
            "fullatt_block_indexes": [0],
        },
        vision_start_token_id=start,
        vision_end_token_id=end,
        image_token_id=image,
        video_token_id=video,
    )
    return Qwen2_5_VLForConditionalGeneration(config).eval()

def qwen_image_parts():
    torch.manual_seed(0)
    words = looking_tokenizer()
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, max_image_seq_len=8192, shift_terminal=0.02
        ),
        "vae": AutoencoderKLQwenImage(base_dim=4, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
            latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[1.5, 0.8, 1.2, 0.9]).eval(),
        "text_encoder": looking_encoder(words),
        "tokenizer": words,
        "transformer": QwenImageTransformer2DModel(
            in_channels=16, out_channels=4, num_layers=2, attention_head_dim=16, num_attention_heads=2, joint_attention_dim=16,
            axes_dims_rope=(4, 6, 6)),
    }
