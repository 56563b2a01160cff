"""Pictures in a Markdown document that are drawn from their descriptions: `![A fox at the sea]()`.

What was drawn is linked as `FOLDER/picture-HASH.png`, where HASH is of the description. So a document says by itself which of its pictures
are still to be drawn, and which show an older text; links to anything else are not ours.

Source:
    CommonMark 0.31, §6.4: the form of an image. Those with a title, or with brackets in their description that are not escaped, are left
    alone, and so is whatever stands in code or HTML.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from markdown_it import MarkdownIt

IMAGE = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))|\\!"
    r"|!\[(?P<description>(?:\\.|[^\[\]\\])*)\]\([ \t]*(?P<target><[^<>\n]*>|[^\s()<>]*)[ \t]*\)",
    re.DOTALL,
)
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
HASH_CHARS = 12


@dataclass(frozen=True, slots=True)
class DescribedPicture:
    """An image of the document: `start` and `end` are those of its target in the text."""

    description: str
    target: str
    start: int
    end: int


def described_pictures(text: str) -> list[DescribedPicture]:
    """The images that have a description, in order."""
    found: list[DescribedPicture] = []
    for start, end in _prose(text):
        for match in IMAGE.finditer(text, start, end):
            if match["description"] and (words := _words(match["description"])):
                target = match["target"].strip("<>")
                found.append(DescribedPicture(words, target, match.start("target"), match.end("target")))
    return found


def link(folder: str, description: str) -> str:
    """What links the picture of a description; `folder` is a path as URLs write it."""
    return f"{folder}/picture-{hashlib.sha256(description.encode()).hexdigest()[:HASH_CHARS]}.png"


def is_ours(folder: str, target: str) -> bool:
    """Whether a link is one that `link` makes."""
    name = target.removeprefix(f"{folder}/")
    return name != target and re.fullmatch(rf"picture-[0-9a-f]{{{HASH_CHARS}}}\.png", name) is not None


def to_draw(text: str, folder: str, exists: Callable[[str], bool]) -> list[str]:
    """The descriptions without a picture of theirs, in order, each once; `exists` says whether a link leads to a file."""
    return list(
        dict.fromkeys(
            picture.description
            for picture in described_pictures(text)
            if not picture.target
            or (
                is_ours(folder, picture.target)
                and (picture.target != link(folder, picture.description) or not exists(picture.target))
            )
        )
    )


def linked(text: str, folder: str, drawn: Mapping[str, str]) -> str:
    """The text with the pictures of these descriptions linked, wherever it still has them."""
    for picture in reversed(described_pictures(text)):
        replaced = not picture.target or is_ours(folder, picture.target)
        if replaced and (target := drawn.get(picture.description)):
            text = text[: picture.start] + target + text[picture.end :]
    return text


def _prose(text: str) -> Iterator[tuple[int, int]]:
    """Where there are paragraphs, headings and the like, but neither code nor HTML."""
    lines = [0]
    for line in text.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    for token in MarkdownIt("commonmark").parse("\n".join(text.splitlines())):
        if token.type == "inline" and token.map is not None:
            yield lines[token.map[0]], lines[token.map[1]]


def _words(description: str) -> str:
    return " ".join(ESCAPED.sub(r"\1", description).split())
