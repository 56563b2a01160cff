"""What examples of several dialects need: a small picture of one colour, as a data URL."""

from __future__ import annotations

from typing import Final

PICTURE: Final = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAIAAAD8GO2jAAAAK0lEQVR42u3NQQEAQAQAMC6KmMLKciX4bQWW0xWXXhwTCAQCgUAgEAgEWz52RQG6+OPs1AAAAABJRU5ErkJggg=="
)
