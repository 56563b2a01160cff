"""Chooses what one training step sees: targets, their descriptions and their references.

It knows the corpus and the curriculum, nothing of models. All targets of a batch have one size, all batches one set of reference
sizes, and several targets share each character's references, because a reference's work is the same for all of them.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Final

import torch
from torch import Tensor

from training.drawing import stands
from training.scenery import Size
from training.visualizer.batch import TOKEN_PX, Batch
from training.visualizer.latents import PICTURES_OF_EACH, Corpus
from training.visualizer.readers import shown_indices, told_indices
from training.world import SIZES, describe

STAGES: Final = ((0.1, (1.0,)), (0.3, (0.7, 0.3)), (0.75, (0.2, 0.8)), (1.0, (0.2, 0.5, 0.15, 0.075, 0.075)))
"""The curriculum: until which share of training, with which odds of no reference, of one, two, three and four."""
SQUARE_ODDS: Final = 0.7


FOREGROUND_WEIGHT: Final = 4.0
"""How much more a token counts that shows the character or the thing. A description tells where they stand, so this moves no
optimum; it only keeps wide skies from drowning what is harder to learn."""
FOREGROUND_PX: Final = ((26, 76), (15, 34))
"""Half the width and the height of what the character and the thing can fill."""


class Batches:
    """Draws batches from a corpus; the same seed gives the same batches."""

    def __init__(self, corpus: Corpus, targets: int, seed: int) -> None:
        self._corpus, self._targets, self._rng = corpus, targets, random.Random(seed)
        self._who = [shown_indices(scenes[0]) for scenes in corpus.scenes[SIZES[0]]]

    def draw(self, share_done: float) -> Batch:
        """Draw a batch for a point of the curriculum, given as the share of training that is done."""
        odds = next(odds for end, odds in STAGES if share_done <= end)
        count = self._rng.choices(range(len(odds)), odds)[0]
        size = self._size()
        sizes = tuple(self._size() for _ in range(count))
        sharing = PICTURES_OF_EACH[size] - (size in sizes)
        characters = [self._character() for _ in range(self._targets // sharing)]
        rows = [self._row(character, count) for character in characters]
        target_at = [(c, i) for c in characters for i in range(sharing)]
        scenes, latents = self._corpus.scenes[size], self._corpus.latents[size]
        return Batch(
            descriptions=[describe(scenes[c][i], self._rng) for c, i in target_at],
            told=torch.tensor([told_indices(scenes[c][i]) for c, i in target_at]),
            target=torch.stack([latents[c, i] for c, i in target_at]).float(),
            weights=torch.stack([token_weights(scenes[c][i].position, size) for c, i in target_at]),
            who=torch.tensor([self._who[c] for c, _ in target_at]),
            target_size=size,
            references=self._references(rows, characters, sizes, free_of=size),
            reference_shows=tuple(torch.tensor([self._who[row[k]] for row in rows]) for k in range(count)),
            reference_sizes=sizes,
            sharing=sharing,
        )

    def _references(
        self, rows: list[list[int]], characters: list[int], sizes: tuple[Size, ...], free_of: Size
    ) -> tuple[Tensor, ...]:
        """The pictures of every row of characters, each place of the rows in one size."""
        return tuple(
            torch.stack(
                [
                    self._picture(row[k], size, shown=row[k] == c, free_of=free_of)
                    for row, c in zip(rows, characters, strict=True)
                ]
            )
            for k, size in enumerate(sizes)
        )

    def _row(self, character: int, count: int) -> list[int]:
        """Whom a character's references show: it or another animal; at least one shows it."""
        animal = self._animal(character)
        others = [self._character() for _ in range(count)]
        row = [
            other if self._animal(other) != animal and self._rng.random() < 0.6 else character
            for other in others
        ]
        if count:
            row[self._rng.randrange(count)] = character
        return row

    def _picture(self, character: int, size: Size, shown: bool, free_of: Size) -> Tensor:
        """A picture of a character; one of the described character never is one of the targets."""
        kept = PICTURES_OF_EACH[size] - 1
        index = kept if shown and size == free_of else self._rng.randrange(PICTURES_OF_EACH[size])
        return self._corpus.latents[size][character, index].float()

    def _size(self) -> Size:
        return SIZES[0] if self._rng.random() < SQUARE_ODDS else self._rng.choice(SIZES[1:])

    def _character(self) -> int:
        return self._rng.randrange(len(self._corpus.latents[SIZES[0]]))

    def _animal(self, character: int) -> str:
        return self._corpus.scenes[SIZES[0]][character][0].animal


@cache
def token_weights(position: str, size: Size) -> Tensor:
    """How much each token of a picture counts, (tokens,) with mean 1, in the pipeline's row-by-row order."""
    rows, columns = (torch.arange(side // TOKEN_PX) * TOKEN_PX for side in reversed(size))
    near = torch.zeros(len(rows), len(columns), dtype=torch.bool)
    for (x, y), (half_width, height) in zip(stands(position, size), FOREGROUND_PX, strict=True):
        inside_x = (columns + TOKEN_PX > x - half_width) & (columns < x + half_width)
        inside_y = (rows + TOKEN_PX > y - height) & (rows < y + 3)
        near |= inside_y[:, None] & inside_x[None, :]
    weights = 1 + (FOREGROUND_WEIGHT - 1) * near.flatten().float()
    return weights / weights.mean()
