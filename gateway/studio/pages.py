"""The files of the studio and of the reference, as they leave: read once, each with its media type and a tag of its content.

It knows the folders `static` and `reference` and nothing of HTTP. What is not in the folder when the process starts does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A file; `etag` changes with its content, quotes included."""

    data: bytes
    media_type: str
    etag: str


def load(folder: str) -> Mapping[str, Page]:
    """Every file of a folder by its name."""
    found = (files("gateway.studio") / folder).iterdir()
    return {file.name: _page(file.name, file.read_bytes()) for file in found if file.is_file()}


def _page(name: str, data: bytes) -> Page:
    return Page(data, MEDIA_TYPES[name.rpartition(".")[2]], f'"{hashlib.sha256(data).hexdigest()[:32]}"')
