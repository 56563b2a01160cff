"""A question of somebody else's benchmark, as we ask it, and pictures as files that its judge reads."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from bench.answers.systems.system import Asked, SentImage


@dataclass(frozen=True, slots=True)
class Item:
    """One question, in several turns where it asks for more pictures than an answer may have; `original` is as its file has it."""

    id: str
    turns: Sequence[Asked]
    original: dict[str, Any]


def image(path: Path) -> SentImage:
    """A file of the benchmark's; its name has to do for those that see nothing. Raises OSError."""
    out = io.BytesIO()
    Image.open(path).convert("RGB").save(out, "PNG")
    return SentImage(out.getvalue(), path.stem)


def save(data: bytes, path: Path) -> None:
    """Write a picture in the format that the file's name says. Raises OSError if the bytes are no picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(data)).convert("RGB").save(path)
