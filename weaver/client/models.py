"""What a gateway serves, as the client has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Model:
    """A planner and a visualizer under one name. Sizes are (width, height) in pixels; no `sizes` means any within limits."""

    id: str
    default_size: tuple[int, int]
    sizes: tuple[tuple[int, int], ...]
    most_references: int
    most_images: int


def model(entry: Mapping[str, Any]) -> Model:
    """Read an entry of `/v1/models`.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    limits = entry["limits"]
    width_px, height_px = limits["default_size"]
    return Model(
        id=entry["id"],
        default_size=(width_px, height_px),
        sizes=tuple((width, height) for width, height in limits["sizes"]),
        most_references=limits["most_references"],
        most_images=entry["most_images"],
    )
