"""Documents as token batches: encoded turn by turn, grouped by length so that little is padding, and which tokens are answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from training.planner.corpus.mixture import documents
from training.planner.document import SIZE_NAMES, Document
from training.planner.tokenizer import END, PAD_ID, START

CUT_HEADS: Final = 0.3
"""The share of documents in which the quote that ends a slot's id is a token of its own, as where a service forces the id."""
POOL: Final = 512
"""Documents that are sorted by length together."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document's tokens, and for each whether it belongs to an answer."""

    tokens: list[int]
    answered: list[bool]


@dataclass(frozen=True, slots=True)
class Batch:
    """int64 and bool (batch, length), padded on the right."""

    tokens: Tensor
    answered: Tensor


def encode(tokenizer: PreTrainedTokenizerFast, document: Document) -> Encoded:
    """The document as the chat template writes it; the end of an answer counts as part of it, a turn's heading does not.

    An earlier answer as the service tells it, with the size of every picture, is nothing that the planner should write.
    """
    tokens: list[int] = []
    answered: list[bool] = []
    for turn in document.told:
        heading, body, rest = tokenizer([f"{START}{turn.role}\n", f"{turn.text}{END}", "\n"])["input_ids"]
        tokens += [*heading, *body, *rest]
        is_learnt = turn.role == "assistant" and f'size="{SIZE_NAMES[0]}"' not in turn.text
        answered += [False] * len(heading) + [is_learnt] * len(body) + [False] * len(rest)
    return Encoded(tokens, answered)


def with_cut_heads(tokenizer: PreTrainedTokenizerFast, one: Encoded) -> Encoded:
    """The same text with `">` as two tokens."""
    whole, *halves = (tokenizer.get_vocab()[token] for token in ('">', '"', ">"))
    pieces = [halves if token == whole else [token] for token in one.tokens]
    answered = [flag for piece, flag in zip(pieces, one.answered, strict=True) for _ in piece]
    return Encoded([token for piece in pieces for token in piece], answered)


def batches(tokenizer: PreTrainedTokenizerFast, seed: int, tokens_per_batch: int) -> Iterator[Batch]:
    """Batches without end, each of at most `tokens_per_batch` tokens with padding."""
    rng = random.Random(seed)
    source = documents(seed)
    while True:
        encoded = (encode(tokenizer, document) for document in islice(source, POOL))
        pool = sorted(
            (with_cut_heads(tokenizer, one) if rng.random() < CUT_HEADS else one for one in encoded),
            key=lambda one: len(one.tokens),
        )
        groups = list(_groups(pool, tokens_per_batch))
        rng.shuffle(groups)
        yield from (_collate(group) for group in groups)


def _groups(pool: list[Encoded], tokens_per_batch: int) -> Iterator[list[Encoded]]:
    group: list[Encoded] = []
    for one in pool:
        if group and len(one.tokens) * (len(group) + 1) > tokens_per_batch:
            yield group
            group = []
        group.append(one)
    yield group


def _collate(group: list[Encoded]) -> Batch:
    length = max(len(one.tokens) for one in group)
    tokens = torch.full((len(group), length), PAD_ID)
    answered = torch.zeros((len(group), length), dtype=torch.bool)
    for row, one in enumerate(group):
        tokens[row, : len(one.tokens)] = torch.tensor(one.tokens)
        answered[row, : len(one.answered)] = torch.tensor(one.answered)
    return Batch(tokens, answered)
