"""Where FLUX.2's tokens stand: ids of text, picture and references, and their rotary table. Made once for each layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from visualizer_service.engine.cache import Cache
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.attention import rotary_table
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.rotary_tables import RememberedPositions

Grid = tuple[int, int]
"""Rows and columns of tokens."""
MOST_BYTES: Final = 64 * 2**20
"""A 1024² picture with a reference as large takes five megabytes."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Ids (tokens, 4) of the text and of what stands after it, and the rotary table of all."""

    text: Tensor
    picture: Tensor
    rotary: Tensor

    @property
    def nbytes(self) -> int:
        """Memory that it takes, with the transformer's own tables, which live as long."""
        return self.text.nbytes + self.picture.nbytes + 3 * self.rotary.nbytes


class Flux2Positions:
    """The same object each time for the same layout, so that the transformer's own tables are remembered too."""

    def __init__(self, pipeline: AnyFlux2, text_tokens: int, blank_tokens: int, device: Device) -> None:
        """Prompts have `text_tokens`; `blank_tokens` stand for a prompt before references alone."""
        self._pipeline = pipeline
        self._device = device
        self._tables = RememberedPositions(pipeline.transformer.pos_embed)
        pipeline.transformer.pos_embed = self._tables
        self._text, self._blank = self._text_ids(text_tokens), self._text_ids(blank_tokens)
        self._made: Cache[tuple[Grid | None, tuple[Grid, ...]], Positions] = Cache(MOST_BYTES)

    def of_picture(self, grid: Grid, references: tuple[Grid, ...]) -> Positions:
        """A prompt, a picture, and the references after it."""
        return self._remembered(grid, references)

    def of_references(self, grids: tuple[Grid, ...]) -> Positions:
        """A blank text and references alone."""
        return self._remembered(None, grids)

    def _remembered(self, grid: Grid | None, references: tuple[Grid, ...]) -> Positions:
        positions = self._made.get((grid, references))
        if positions is None:
            ids = [] if grid is None else [self._pipeline._prepare_latent_ids(torch.empty(1, 1, *grid))[0]]
            if references:
                ids.append(
                    self._pipeline._prepare_image_ids([torch.empty(1, 1, *one) for one in references])[0]
                )
            text = self._blank if grid is None else self._text
            picture = self._device.put(torch.cat(ids))
            rotary = rotary_table(*self._tables(torch.cat([text, picture])))
            positions = Positions(text, picture, rotary)
            self._made.put((grid, references), positions)
        return positions

    def _text_ids(self, tokens: int) -> Tensor:
        return self._pipeline._prepare_text_ids(torch.empty(1, tokens, 1))[0].to(self._device.torch)
