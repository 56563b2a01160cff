"""The planner's tokenizer: byte-level BPE that can write any input, and a ChatML template.

The set phrases of the world ("among the trees of the forest") are one piece each, so that a description is about 18 tokens long. The
tags are ordinary text: what a reader of the tokens sees is what the grammar of the planner service constrains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain
from typing import Final

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training import world

START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
PAD: Final = "<|endoftext|>"
SPECIAL: Final = (PAD, START, END)
PAD_ID: Final = SPECIAL.index(PAD)
END_ID: Final = SPECIAL.index(END)
VOCABULARY: Final = 2048
MOST_TOKENS: Final = 2048

# The model is too small to be instructed: a system turn would only be noise, so the template leaves it out.
CHAT_TEMPLATE: Final = (
    "{%- for message in messages if message['role'] != 'system' -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\\n' }}{%- endif -%}"
)


def _pieces() -> str:
    """The pattern that cuts text before any merge: tags, set phrases, words, single digits and signs, white space."""
    phrases = [
        phrase
        for table in (world.AT_PLACE, world.UNDER_SKY, world.AT_POSITION)
        for phrase in chain(*table.values())
    ]
    spellings = {spelling for phrase in phrases for spelling in (phrase, phrase[0].upper() + phrase[1:])}
    longest_first = sorted(spellings, key=lambda phrase: (-len(phrase), phrase))
    return "|".join(
        (
            r"</imagine>|<imagine| refs=\"| size=\"|\">|\d+x\d+",
            rf" ?(?:{'|'.join(map(re.escape, longest_first))})(?!\p{{L}})",
            r" ?\p{L}+|\d| ?[^\s\p{L}\d<>\"]|[<>\"]|\n|\s+(?!\S)|\s+",
        )
    )


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Learn the merges from texts of the corpus, role names included."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_pieces()), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )  # pyright: ignore[reportAttributeAccessIssue]  # the stubs lack the setter
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        chat_template=CHAT_TEMPLATE,
        model_max_length=MOST_TOKENS,
        clean_up_tokenization_spaces=False,
    )
