"""Tiny random models of the families that follow a flow, and an engine over each, all built in memory."""

from __future__ import annotations

from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLQwenImage,
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    QwenImageTransformer2DModel,
    UniPCMultistepScheduler,
    WanTransformer3DModel,
    ZImageTransformer2DModel,
)
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from torch import nn
from transformers import (
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2VLProcessor,
    UMT5Config,
    UMT5EncoderModel,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.budgets import CacheWish, budget
from visualizer_service.engine.caps import Caps
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.family import FlowFamily
from visualizer_service.engine.families.models import model_of
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.serving import Serving

LOOKING = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


class StillProcessor(Qwen2VLProcessor):
    """Reads pictures and no films: what reads films needs torchvision, which only a server has."""

    def __init__(self, image_processor: Qwen2VLImageProcessorPil, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__(image_processor, tokenizer)


def engine(pipeline: DiffusionPipeline, serving: Serving | None) -> StepLoop:
    pipeline.set_progress_bar_config(disable=True)
    device, adapters = Device("cpu", torch.float32), Adapters(pipeline, {})
    cache = EncoderCache(device, budget(CacheWish(2**28), None))
    model = model_of(pipeline, serving, "tiny", device, cache, adapters)
    assert model is not None
    return StepLoop(FlowFamily(model, "tiny", device, cache, adapters), Caps(8), 8)


def loud(transformer: nn.Module) -> nn.Module:
    """The same model with larger weights, so that prompts and references show in its pictures."""
    with torch.no_grad():
        for weights in transformer.parameters():
            if weights.ndim > 1:
                weights.mul_(3)
    return transformer


def qwen_image_parts() -> dict[str, Any]:
    """Components of a Qwen-Image; the weights are the same each time."""
    torch.manual_seed(0)
    words = tiny.tokenizer()
    words.add_special_tokens({"additional_special_tokens": LOOKING})
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(
            use_dynamic_shifting=True, max_shift=0.9, max_image_seq_len=8192, shift_terminal=0.02
        ),
        "vae": AutoencoderKLQwenImage(
            base_dim=4,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=[0.1, -0.2, 0.3, 0.0],
            latents_std=[1.5, 0.8, 1.2, 0.9],
        ),
        "text_encoder": _looking_encoder(words),
        "tokenizer": words,
        "transformer": loud(
            QwenImageTransformer2DModel(
                in_channels=16,
                out_channels=4,
                num_layers=2,
                attention_head_dim=16,
                num_attention_heads=2,
                joint_attention_dim=16,
                axes_dims_rope=(4, 6, 6),
            )
        ),
    }


def still_processor(words: PreTrainedTokenizerFast) -> StillProcessor:
    """Shows the encoder at most three by three of its patches."""
    return StillProcessor(Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=84 * 84), words)


def z_image_parts() -> dict[str, Any]:
    """Components of a Z-Image; the weights are the same each time."""
    torch.manual_seed(0)
    words = tiny.tokenizer()
    return {
        "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0),
        "vae": AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(8,) * 4,
            latent_channels=4,
            norm_num_groups=4,
            scaling_factor=0.4,
            shift_factor=0.1,
        ),
        "text_encoder": tiny.text_encoder(len(words), width=16, layers=2),
        "tokenizer": words,
        "transformer": loud(
            ZImageTransformer2DModel(
                in_channels=4,
                dim=32,
                n_layers=1,
                n_refiner_layers=1,
                n_heads=2,
                n_kv_heads=2,
                cap_feat_dim=16,
                axes_dims=[4, 6, 6],
                axes_lens=[512, 16, 16],
            )
        ),
    }


def wan_parts() -> dict[str, Any]:
    """Components of a Wan 2.1; the weights are the same each time."""
    torch.manual_seed(0)
    words = tiny.tokenizer()
    text = {"d_model": 16, "d_kv": 8, "d_ff": 16, "num_layers": 1, "num_heads": 2}
    return {
        "scheduler": UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=3.0
        ),
        "vae": AutoencoderKLWan(
            base_dim=4,
            z_dim=4,
            dim_mult=[1, 1, 1, 1],
            num_res_blocks=1,
            latents_mean=[0.1, -0.2, 0.3, 0.0],
            latents_std=[1.5, 0.8, 1.2, 0.9],
        ),
        "text_encoder": UMT5EncoderModel(UMT5Config(vocab_size=len(words), **text)).eval(),
        "tokenizer": words,
        "transformer": wan_transformer(),
    }


def wan_transformer() -> nn.Module:
    return loud(
        WanTransformer3DModel(
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=4,
            out_channels=4,
            text_dim=16,
            freq_dim=16,
            ffn_dim=16,
            num_layers=1,
        )
    )


def _looking_encoder(words: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    start, end, image, video = words.convert_tokens_to_ids(LOOKING)
    narrow = {"hidden_size": 16, "intermediate_size": 16}
    config = Qwen2_5_VLConfig(
        text_config={
            **narrow,
            "vocab_size": len(words),
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]},
            "bos_token_id": 0,
            "eos_token_id": 0,
        },
        vision_config={
            **narrow,
            "depth": 1,
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
