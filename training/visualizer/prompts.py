"""How descriptions become token ids: a small byte-level tokenizer made from the world's own sentences.

It knows words, nothing of pictures. Case and punctuation are dropped, because no attribute depends on them and every text token costs time.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training.world import Scene, describe

MAX_TOKENS: Final = 32
"""Every prompt is padded or cut to this length, in training and in serving; the longest description has 27 words."""
VOCABULARY: Final = 512
CHAT_TEMPLATE: Final = "{% for message in messages %}{{ message.content }}{% endfor %}"
PAD: Final = "<pad>"


def build_tokenizer(sentences: int = 4000) -> PreTrainedTokenizerFast:
    """Train byte-level BPE on descriptions of random scenes; any other text still has an encoding."""
    rng = random.Random(0)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Lowercase(), normalizers.Replace(Regex(r"[.,;:!?\"]"), ""), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[PAD], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator((describe(Scene.sample(rng), rng) for _ in range(sentences)), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        padding_side="right",
        model_max_length=MAX_TOKENS,
        chat_template=CHAT_TEMPLATE,
    )


def load_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Load the tokenizer of `folder`, made and saved there on first use."""
    if not (folder / "tokenizer.json").exists():
        build_tokenizer().save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def encode(tokenizer: PreTrainedTokenizerFast, descriptions: list[str]) -> tuple[Tensor, Tensor]:
    """Return ids and attention mask, (batch, `MAX_TOKENS`) each, exactly as the pipeline makes them."""
    inputs = tokenizer(
        descriptions, return_tensors="pt", padding="max_length", truncation=True, max_length=MAX_TOKENS
    )
    return inputs["input_ids"], inputs["attention_mask"]
