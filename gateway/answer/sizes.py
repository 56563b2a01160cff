"""Sizes of pictures as clients and planners write them: `1024x768`, width and height in pixels."""

from __future__ import annotations

from typing import Final

SIZE: Final = "[1-9][0-9]{1,4}x[1-9][0-9]{1,4}"
"""A pattern of a size as it is written."""


def size_name(width_px: int, height_px: int) -> str:
    """A size as it is written."""
    return f"{width_px}x{height_px}"


def size_px(name: str) -> tuple[int, int]:
    """Width and height of a size as it is written; its form has been checked before."""
    width, height = name.split("x")
    return int(width), int(height)
