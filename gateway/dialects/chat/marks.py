r"""Marks: where a picture belongs in the text of a chat, whose messages have no other place for it.

A mark is a Markdown image, `![description](/v1/files/FILE/content)`, so that whatever renders Markdown shows the picture in place, and
so that an answer sent back names its pictures without their bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.answer.document import Document, Picture, Text
from gateway.answer.request import Request
from gateway.dialects.common.file_urls import DRAWN_URL
from gateway.dialects.common.pictures import url

BETWEEN = "\n\n"
MARK = re.compile(rf"!\[(?P<description>(?:[^\[\]\\]|\\.)*)\]\({DRAWN_URL}\)")


@dataclass(frozen=True, slots=True)
class PictureMark:
    """A picture that a text names."""

    file_id: str
    description: str


def content(request: Request, document: Document) -> str:
    """The whole answer as text, with a mark for each picture that is described. It only ever grows."""
    pieces = []
    for item in document.items:
        match item:
            case Text(text=str(text)) if text:
                pieces.append(text)
            case Picture(planned_description=str(description)) if description:
                pieces.append(f"![{_escaped(description)}]({url(request, item)})")
    return BETWEEN.join(pieces)


def split_marks(text: str) -> Iterator[str | PictureMark]:
    """What an answer that was sent back consists of: texts and marks in turn, empty texts left out."""
    end = 0
    for mark in MARK.finditer(text):
        if before := text[end : mark.start()].strip():
            yield before
        yield PictureMark(mark["file"], re.sub(r"\\(.)", r"\1", mark["description"]))
        end = mark.end()
    if after := text[end:].strip():
        yield after


def _escaped(description: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", " ".join(description.split()))
