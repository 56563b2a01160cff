"""Tiny random models of real architectures, saved as diffusers folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    DDIMScheduler,
    DiffusionPipeline,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinKVPipeline,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    FluxPipeline,
    FluxTransformer2DModel,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    T5Config,
    T5EncoderModel,
)

from visualizer_service.engine.seam import Task

CHAT_TEMPLATE = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
SERVING = {
    "max_sequence_length": 24,
    "num_inference_steps": 3,
    "text_encoder_out_layers": [1, 2],
    "sizes": [[64, 64], [96, 64]],
    "max_references": 4,
}


def tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level, without merges: any text can be written, one token a byte."""
    specials = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = Tokenizer(models.BPE({letter: index for index, letter in enumerate(letters)}, []))
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    words.add_special_tokens(specials)
    return PreTrainedTokenizerFast(
        tokenizer_object=words, pad_token=specials[2], eos_token=specials[1], chat_template=CHAT_TEMPLATE
    )


def text_encoder(vocabulary: int, width: int = 32, layers: int = 4) -> Qwen3ForCausalLM:
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=vocabulary,
            hidden_size=width,
            intermediate_size=2 * width,
            num_hidden_layers=layers,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=width // 2,
            max_position_embeddings=512,
        )
    )


def flux2_vae() -> AutoencoderKLFlux2:
    vae = AutoencoderKLFlux2(
        block_out_channels=(16,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=0,
        latent_channels=8,
        norm_num_groups=8,
        sample_size=64,
        mid_block_add_attention=False,
    )
    vae.bn.running_mean.normal_(0, 0.1)
    vae.bn.running_var.uniform_(0.5, 1.5)
    return vae


def flux2_transformer(*, embeds_guidance: bool, singles: int = 2) -> Flux2Transformer2DModel:
    return Flux2Transformer2DModel(
        in_channels=32,
        num_layers=1,
        num_single_layers=singles,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=64,
        timestep_guidance_channels=32,
        axes_dims_rope=(4,) * 4,
        guidance_embeds=embeds_guidance,
    )


def flux2_klein(folder: Path, *, keeps_references: bool = True) -> Path:
    """A FLUX.2 klein model, of the KV kind if it `keeps_references`, with `serving.json`; the weights are the same each time."""
    torch.manual_seed(0)
    words = tokenizer()
    vae, transformer = flux2_vae(), flux2_transformer(embeds_guidance=False)
    make = Flux2KleinKVPipeline if keeps_references else Flux2KleinPipeline
    pipeline = make(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae,
        text_encoder=text_encoder(len(words)),
        tokenizer=words,
        transformer=transformer,
        is_distilled=True,
    )
    pipeline.save_pretrained(folder)
    (folder / "serving.json").write_text(json.dumps(SERVING), encoding="utf-8")
    return folder


def arguments_of(task: Task) -> dict[str, Any]:
    """A task as what diffusers' pipelines are called with."""
    images = [reference.image for reference in task.references]
    return {
        "prompt": task.description,
        "height": task.height_px,
        "width": task.width_px,
        "num_inference_steps": task.steps,
        "generator": torch.Generator().manual_seed(task.seed),
    } | ({"image": images} if images else {})


def plain(folder: Path, **arguments: object) -> Callable[[Task], np.ndarray]:
    """The folder's own pipeline as a function of a task; pixels are uint8 (height, width, 3)."""
    pipeline = DiffusionPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)

    def draw(task: Task) -> np.ndarray:
        return np.asarray(pipeline(**arguments_of(task), **arguments).images[0])

    return draw


KLEIN_ARGUMENTS = {
    "max_sequence_length": SERVING["max_sequence_length"],
    "text_encoder_out_layers": tuple(SERVING["text_encoder_out_layers"]),
}


def stable_diffusion(folder: Path) -> Path:
    """A pipeline that no family knows: a UNet on 8 times smaller latents of 64 pixels."""
    torch.manual_seed(0)
    words = tokenizer()
    words.model_max_length = 16
    pipeline = StableDiffusionPipeline(
        unet=UNet2DConditionModel(
            sample_size=8,
            block_out_channels=(8, 16),
            layers_per_block=1,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=16,
            attention_head_dim=4,
            norm_num_groups=4,
        ),
        vae=_autoencoder(),
        text_encoder=_clip(len(words)),
        tokenizer=words,
        scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder)
    return folder


def flux1(folder: Path) -> Path:
    """A pipeline that no family knows, around a transformer."""
    torch.manual_seed(0)
    words, more_words = tokenizer(), tokenizer()
    words.model_max_length = 16
    pipeline = FluxPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(),
        vae=_autoencoder(shift_factor=0.1),
        text_encoder=_clip(len(words)),
        tokenizer=words,
        text_encoder_2=T5EncoderModel(
            T5Config(vocab_size=len(more_words), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2)
        ),
        tokenizer_2=more_words,
        transformer=FluxTransformer2DModel(
            in_channels=16,
            num_layers=2,
            num_single_layers=1,
            attention_head_dim=16,
            num_attention_heads=2,
            joint_attention_dim=16,
            pooled_projection_dim=16,
            axes_dims_rope=(4, 6, 6),
        ),
    )
    pipeline.save_pretrained(folder)
    return folder


def _autoencoder(**more: float) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(8,) * 4,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        norm_num_groups=4,
        sample_size=64,
        **more,
    )


def _clip(vocabulary: int) -> CLIPTextModel:
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=16,
            intermediate_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            max_position_embeddings=16,
        )
    )
