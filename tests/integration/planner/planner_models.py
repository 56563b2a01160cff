"""Tiny planners with random weights, made on the spot: they write nonsense, so only the grammar keeps their plans whole."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
)

END = "<|im_end|>"
SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    END,
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
TAGS = ("<imagine", "</imagine>")
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
THINKING_TEMPLATE = CHAT_TEMPLATE.replace(
    "assistant\n{% endif %}",
    "assistant\n{% if not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
)
THOUGHTS = ("<think>", "</think>")
CORPUS = (
    "Once upon a time there was a fox who wished to see the sea. She walked through the forest and over the mountains.",
    "<imagine>A fox wearing a red scarf sitting on the beach at sunset.</imagine>",
    '<imagine refs="img1,in1" size="128x128">The same fox, standing in the meadow on a sunny day.</imagine>',
    "system user assistant [image in1: a photograph of a cat] [image in2]",
)
WIDTH = 64
FAVOUR = 0.45
"""How strongly tags and ends are favoured, so that they occur: about 30 to 1 at temperature 1."""


def tiny_tokenizer(tags: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """A byte-level BPE of a few hundred tokens in ChatML dress; `tags` become tokens of their own."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in tags])
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token="<|endoftext|>")
    fast.chat_template = CHAT_TEMPLATE
    return fast


def tiny_text_planner(folder: Path) -> None:
    """Save a two-layer Qwen3 that reads 1024 tokens, knows our tags and is fond of them, and may think first."""
    tokenizer = tiny_tokenizer((*TAGS, *THOUGHTS))
    tokenizer.chat_template = THINKING_TEMPLATE
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer),
            num_hidden_layers=2,
            max_position_embeddings=1024,
            tie_word_embeddings=False,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
            **_sizes(),
        )
    )
    _favour_tags(model.model.embed_tokens, model.lm_head, tokenizer)
    _save(model, tokenizer, folder)


def tiny_vision_planner(folder: Path) -> None:
    """Save a Qwen3-VL of two layers and two vision blocks that reads 1024 tokens; an image is one token for each 32² pixels."""
    tokenizer = tiny_tokenizer(TAGS)
    torch.manual_seed(0)
    ids = dict(zip(SPECIAL, tokenizer.convert_tokens_to_ids(list(SPECIAL)), strict=True))
    text = {
        "vocab_size": len(tokenizer),
        "num_hidden_layers": 2,
        "max_position_embeddings": 1024,
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 1e4,
            "mrope_section": [6, 5, 5],
            "mrope_interleaved": True,
        },
        "eos_token_id": ids[END],
        **_sizes(),
    }
    vision = {
        "depth": 2,
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_heads": 2,
        "out_hidden_size": WIDTH,
        "num_position_embeddings": 64,
        "deepstack_visual_indexes": [0],
    }
    config = Qwen3VLConfig(
        text_config=text,
        vision_config=vision,
        image_token_id=ids["<|image_pad|>"],
        video_token_id=ids["<|video_pad|>"],
        vision_start_token_id=ids["<|vision_start|>"],
        vision_end_token_id=ids["<|vision_end|>"],
    )
    model = Qwen3VLForConditionalGeneration(config)
    _favour_tags(model.model.language_model.embed_tokens, model.lm_head, tokenizer)
    _save(model, tokenizer, folder)
    patches = {
        "patch_size": 16,
        "merge_size": 2,
        "temporal_patch_size": 2,
        "size": {"shortest_edge": 32 * 32, "longest_edge": 256 * 256},
        "image_mean": [0.5] * 3,
        "image_std": [0.5] * 3,
    }
    _write(folder / "preprocessor_config.json", {"image_processor_type": "Qwen2VLImageProcessor", **patches})
    _write(
        folder / "video_preprocessor_config.json",
        {"video_processor_type": "Qwen3VLVideoProcessor", **patches},
    )


def _favour_tags(
    embeddings: torch.nn.Embedding, head: torch.nn.Linear, tokenizer: PreTrainedTokenizerFast
) -> None:
    """Give every embedding one direction, which reaches the output through the residual stream, and let some rows look for it."""
    favoured = tokenizer.convert_tokens_to_ids([*TAGS, ">", END])
    with torch.no_grad():
        embeddings.weight += 1 / WIDTH**0.5
        head.weight[favoured] += FAVOUR / WIDTH**0.5


def _sizes() -> dict[str, int]:
    return {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
    }


def _save(model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    model.save_pretrained(folder)
    GenerationConfig(eos_token_id=tokenizer.eos_token_id, do_sample=True, temperature=1.0).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)


def _write(path: Path, value: dict[str, object]) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
