"""Tasks that no cache has seen before, for benchmarks: every round its own prompts, seeds and references."""

from __future__ import annotations

import time

import numpy as np
from PIL import Image

from visualizer_service.engine.seam import Reference, Task


class Tasks:
    """Makes tasks that no cache has seen, the same for every contender of a round."""

    def __init__(self, size: tuple[int, int], steps: int) -> None:
        self._size, self._steps = size, steps
        self._made = 0

    def make(self, waiting: int, references: int, shared: bool, previews: int = 0) -> list[Task]:
        """Tasks that wait together."""
        self._made += 1
        common = [self._reference(k) for k in range(references)]
        return [
            Task(
                f"{self._made}-{index}",
                f"A fox with {self._made} shells and {index} stones walks along the shore.",
                tuple(common if shared else [self._reference(100 * index + k) for k in range(references)]),
                *self._size,
                1000 * self._made + index,
                self._steps,
                previews,
                time.time() + 3600,
            )
            for index in range(waiting)
        ]

    def _reference(self, number: int) -> Reference:
        chance = np.random.default_rng((self._made, number))
        coarse = Image.fromarray(chance.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        return Reference(f"{self._made}-{number}", coarse.resize(self._size))
