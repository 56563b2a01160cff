"""Where FLUX.2's tokens stand: ids of text, picture and references, and their rotary table. Made once for each layout."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.attention import rotary_table
from visualizer_service.engine.families.flux2.pipelines import AnyFlux2
from visualizer_service.engine.families.flux2.rotary_tables import RememberedPositions

Grid = tuple[int, int]
"""Rows and columns of tokens."""


@dataclass(frozen=True, slots=True)
class Positions:
    """Ids (tokens, 4) of the text and of what stands after it, and the rotary table of all."""

    text: Tensor
    picture: Tensor
    rotary: Tensor


class Flux2Positions:
    """The same object each time for the same layout, so that the transformer's own tables are remembered too."""

    def __init__(self, pipeline: AnyFlux2, text_tokens: int, blank_tokens: int, device: Device) -> None:
        """Prompts have `text_tokens`; `blank_tokens` stand for a prompt before references alone."""
        self._pipeline = pipeline
        self._device = device
        self._tables = RememberedPositions(pipeline.transformer.pos_embed)
        pipeline.transformer.pos_embed = self._tables
        self._text, self._blank = self._text_ids(text_tokens), self._text_ids(blank_tokens)
        self._made: dict[tuple[Grid | None, tuple[Grid, ...]], Positions] = {}

    def of_picture(self, grid: Grid, references: tuple[Grid, ...]) -> Positions:
        """A prompt, a picture, and the references after it."""
        return self._remembered(grid, references)

    def of_references(self, grids: tuple[Grid, ...]) -> Positions:
        """A blank text and references alone."""
        return self._remembered(None, grids)

    def _remembered(self, grid: Grid | None, references: tuple[Grid, ...]) -> Positions:
        if (grid, references) not in self._made:
            ids = [] if grid is None else [self._pipeline._prepare_latent_ids(torch.empty(1, 1, *grid))[0]]
            if references:
                ids.append(
                    self._pipeline._prepare_image_ids([torch.empty(1, 1, *one) for one in references])[0]
                )
            text, picture = self._blank if grid is None else self._text, torch.cat(ids).to(self._device.torch)
            rotary = rotary_table(*self._tables(torch.cat([text, picture])))
            self._made[grid, references] = Positions(text, picture, rotary)
        return self._made[grid, references]

    def _text_ids(self, tokens: int) -> Tensor:
        return self._pipeline._prepare_text_ids(torch.empty(1, tokens, 1))[0].to(self._device.torch)
