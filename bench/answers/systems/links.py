"""Pictures as the wires of vendors carry them: base64, data URLs, or named by marks in a text."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

from bench.answers.answer import Part, Picture, Text

MARK = re.compile(r"!\[(?:[^\[\]\\]|\\.)*\]\([^()\s]*?/([\w-]+)/content[^()\s]*\)")
"""Where our gateway's chat says that a picture belongs; the group is the picture's file. docs/api.md describes it."""


def base64_of(data: bytes) -> str:
    """As text."""
    return base64.b64encode(data).decode()


def data_url(data: bytes) -> str:
    """The bytes of a PNG, JPEG or WebP as a URL."""
    return f"data:{media_type(data)};base64,{base64_of(data)}"


def media_type(data: bytes) -> str:
    """By its first bytes; what is neither JPEG nor WebP is taken for a PNG."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "image/webp" if data.startswith(b"RIFF") else "image/png"


def at_their_marks(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with each picture, by its name, where the text marks it; one that nothing marks stays where it is."""
    parts = list(parts)
    named = {part.name: part for part in parts if isinstance(part, Picture)}
    pieces = [one for part in parts for one in (MARK.split(part.text) if isinstance(part, Text) else [part])]
    marked = {piece for piece in pieces if isinstance(piece, str) and piece in named}
    for piece in pieces:
        match piece:
            case Picture(name=name) if name not in marked:
                yield piece
            case str() if piece in marked:
                yield named[piece]
            case str() if piece:
                yield Text(piece)
