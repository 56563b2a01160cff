"""A tiny random FLUX.2 [dev], saved as a diffusers folder."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, Flux2Pipeline
from transformers import LlavaProcessor, Mistral3Config, Mistral3ForConditionalGeneration
from transformers.models.pixtral.image_processing_pil_pixtral import PixtralImageProcessorPil

from tests.unit.visualizer.engine.families import tiny, tiny_flow

CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '[SYSTEM_PROMPT]' if m.role == 'system' else '[INST]' }}"
    "{% for part in m.content %}{{ part.text }}{% endfor %}[/]{% endfor %}"
)
SERVING = {
    "max_sequence_length": 224,
    "num_inference_steps": 3,
    "steps_may_vary": True,
    "text_encoder_out_layers": [1, 2],
    "guidance_scale": 4.0,
    "max_references": 2,
}
"""With the makers' system message an empty prompt takes 195 of the tokens, which are bytes."""


def flux2_dev(folder: Path) -> Path:
    """The weights are the same each time, and large enough for prompts, references and guidance to show."""
    torch.manual_seed(0)
    words = _processor()
    pipeline = Flux2Pipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True),
        vae=tiny.flux2_vae(),
        text_encoder=_text_encoder(words),
        tokenizer=words,
        transformer=tiny_flow.loud(tiny.flux2_transformer(embeds_guidance=True)),
    )
    pipeline.save_pretrained(folder)
    (folder / "serving.json").write_text(json.dumps(SERVING), encoding="utf-8")
    return folder


def _processor() -> LlavaProcessor:
    """Stands in for `PixtralProcessor`, which needs torchvision: both inherit how they write a chat as tokens."""
    words = tiny.tokenizer()
    words.add_special_tokens({"additional_special_tokens": ["[IMG]"]})
    images = PixtralImageProcessorPil()
    return LlavaProcessor(images, words, patch_size=2, image_token="[IMG]", chat_template=CHAT_TEMPLATE)


def _text_encoder(words: LlavaProcessor) -> Mistral3ForConditionalGeneration:
    narrow = {"num_attention_heads": 2, "intermediate_size": 32}
    text = {
        "model_type": "mistral",
        "vocab_size": len(words.tokenizer),
        "hidden_size": 32,
        "head_dim": 16,
        "num_hidden_layers": 5,
        "num_key_value_heads": 2,
    }
    vision = {
        "model_type": "pixtral",
        "hidden_size": 16,
        "head_dim": 8,
        "num_hidden_layers": 1,
        "image_size": 32,
        "patch_size": 4,
    }
    config = Mistral3Config(
        text_config=narrow | text, vision_config=narrow | vision, image_token_index=words.image_token_id
    )
    return Mistral3ForConditionalGeneration(config).eval()
