"""A picture of a conversation: its id, what it shows, and the words that describe it."""

from __future__ import annotations

import random
from dataclasses import dataclass

from training import world
from training.planner.language import Slot


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture; two scenes of the same `style` are described in the same words, but for what differs between them."""

    id: str
    scene: world.Scene
    style: int

    @property
    def description(self) -> str:
        """The words that tell the scene."""
        return world.describe(self.scene, random.Random(self.style))

    def slot(self, references: tuple[str, ...] = (), size: tuple[int, int] | None = None) -> Slot:
        """The slot that asks for this picture."""
        return Slot(self.id, self.description, references, size)


def image_line(image_id: str, description: str | None = None) -> str:
    """How a user's image stands at the start of the user's turn."""
    return f"[image {image_id}: {description}]\n" if description else f"[image {image_id}]\n"
