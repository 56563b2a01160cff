"""An answer as Markdown, with its pictures as files beside it. The text is plain: what would be markup in it is escaped.

Source:
    CommonMark 0.31, §2.4: any ASCII punctuation may be escaped by a backslash.
"""

from __future__ import annotations

import re

from weaver.client.answer import Answer
from weaver.export.story import Passage, Shown, file_name, story

INLINE = re.compile(r"([\\`*_\[\]<>&~|])")
# What makes a block of the line that it begins.
BLOCK = re.compile(r"^[ \t]*(?:([#+\-=])|(\d{1,9})([.)]))", re.MULTILINE)


def markdown(answer: Answer, folder: str, asked: str | None = None) -> str:
    """The Markdown; pictures are found in `folder`, a path as URLs write it. `asked` is what the answer answers."""
    told = story(answer, asked, lambda picture: f"{folder}/{file_name(picture)}")
    blocks = [f"# {escaped(told.title)}"]
    for part in told.parts:
        match part:
            case Passage():
                blocks += [escaped(paragraph) for paragraph in part.paragraphs]
            case Shown():
                blocks += _picture(part)
    blocks.append(
        f"---\n\nWritten by {escaped(told.model)}" + (f" for: “{_line(told.asked)}”" if told.asked else "")
    )
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Plain text that reads as itself, its lines kept."""
    lines = INLINE.sub(r"\\\1", text)
    lines = BLOCK.sub(lambda found: f"{found[2]}\\{found[3]}" if found[2] else f"\\{found[1]}", lines)
    return "\\\n".join(line.strip() for line in lines.split("\n") if line.strip())


def _line(text: str) -> str:
    return escaped(" ".join(text.split()))


def _picture(shown: Shown) -> list[str]:
    description = _line(shown.description)
    if shown.source is None:
        return [f"> This picture did not come: {description}"]
    return [f"![{description}]({shown.source})", f"*{description}*"]
