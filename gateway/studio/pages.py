"""The files of the studio and of the reference, as they leave: read once, each with its media type and a tag of its content.

It knows the folders `static` and `reference` and nothing of HTTP. What is not in the folder when the process starts does not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

MEDIA_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
    "webp": "image/webp",
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
    """Every file of a folder, by its path in it."""
    return dict(_pages(files("gateway.studio") / folder, ""))


def _pages(folder: Traversable, path: str) -> Iterator[tuple[str, Page]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _pages(entry, f"{path}{entry.name}/")
        else:
            yield path + entry.name, _page(entry.name, entry.read_bytes())


def filled(page: Page, **parts: str) -> Page:
    """A page with something in the place of `<!-- NAME -->`; whoever gives it has made it safe."""
    text = page.data.decode()
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->", part)
    return _page("story.html", text.encode())


def _page(name: str, data: bytes) -> Page:
    return Page(data, MEDIA_TYPES[name.rpartition(".")[2]], f'"{hashlib.sha256(data).hexdigest()[:32]}"')
