"""Tiny random models of real architectures, saved as diffusers folders."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKLFlux2,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinKVPipeline,
    Flux2Transformer2DModel,
)
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

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


def text_encoder(vocabulary: int, width: int = 32, layers: int = 2) -> Qwen3ForCausalLM:
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


def flux2_klein(
    folder: Path,
    *,
    width: int = 32,
    layers: tuple[int, int] = (1, 2),
    text_width: int = 32,
    channels: tuple[int, ...] = (16, 16, 16, 16),
    serving: dict[str, object] = SERVING,
) -> Path:
    """A FLUX.2 klein-KV model with `serving.json`; weights are the same each time."""
    torch.manual_seed(0)
    words = tokenizer()
    vae = AutoencoderKLFlux2(
        block_out_channels=channels,
        down_block_types=("DownEncoderBlock2D",) * len(channels),
        up_block_types=("UpDecoderBlock2D",) * len(channels),
        layers_per_block=1,
        latent_channels=8,
        norm_num_groups=8,
        sample_size=64,
        mid_block_add_attention=False,
    )
    vae.bn.running_mean.normal_(0, 0.1)
    vae.bn.running_var.uniform_(0.5, 1.5)
    transformer = Flux2Transformer2DModel(
        in_channels=32,
        num_layers=layers[0],
        num_single_layers=layers[1],
        attention_head_dim=width // 2,
        num_attention_heads=2,
        joint_attention_dim=2 * text_width,
        timestep_guidance_channels=32,
        axes_dims_rope=(width // 8,) * 4,
        guidance_embeds=False,
    )
    pipeline = Flux2KleinKVPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=vae,
        text_encoder=text_encoder(len(words), text_width),
        tokenizer=words,
        transformer=transformer,
    )
    pipeline.save_pretrained(folder)
    (folder / "serving.json").write_text(json.dumps(serving), encoding="utf-8")
    return folder
