"""Tiny planners with random weights, made on the spot: they write nonsense, so only the grammar keeps their plans whole."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

END = "<|im_end|>"
SPECIAL = ("<|endoftext|>", "<|im_start|>", END)
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CORPUS = (
    "Once upon a time there was a fox who wished to see the sea. She walked through the forest and over the mountains.",
    "<imagine>A fox wearing a red scarf sitting on the beach at sunset.</imagine>",
    '<imagine refs="img1,in1" size="128x128">The same fox, standing in the meadow on a sunny day.</imagine>',
    "system user assistant [image in1: a photograph of a cat] [image in2]",
)


def tiny_tokenizer(extra: tuple[str, ...] = ()) -> PreTrainedTokenizerFast:
    """A byte-level BPE of a few hundred tokens in ChatML dress."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=[*SPECIAL, *extra],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token="<|endoftext|>")
    fast.add_special_tokens({"additional_special_tokens": ["<|im_start|>", *extra]})
    fast.chat_template = CHAT_TEMPLATE
    return fast


def tiny_text_planner(folder: Path) -> Path:
    """Save a two-layer Qwen3 that can read 1024 tokens."""
    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    Qwen3ForCausalLM(config).save_pretrained(folder)
    GenerationConfig(eos_token_id=tokenizer.eos_token_id, do_sample=True, temperature=1.0).save_pretrained(
        folder
    )
    tokenizer.save_pretrained(folder)
    return folder
