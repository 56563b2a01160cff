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

from training.planner.corpus import documents
from training.planner.document import Document
from training.planner.tokenizer import END, PAD_ID, START

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
    """The document as the chat template writes it; the end of an answer counts as part of it, a turn's heading does not."""
    tokens: list[int] = []
    answered: list[bool] = []
    for turn in document.turns:
        heading, body, rest = tokenizer([f"{START}{turn.role}\n", f"{turn.text}{END}", "\n"])["input_ids"]
        tokens += [*heading, *body, *rest]
        answered += [False] * len(heading) + [turn.role == "assistant"] * len(body) + [False] * len(rest)
    return Encoded(tokens, answered)


def batches(tokenizer: PreTrainedTokenizerFast, seed: int, tokens_per_batch: int) -> Iterator[Batch]:
    """Batches without end, each of at most `tokens_per_batch` tokens with padding."""
    rng = random.Random(seed)
    source = documents(seed)
    while True:
        pool = sorted(
            (encode(tokenizer, document) for document in islice(source, POOL)),
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
