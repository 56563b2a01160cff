"""An answer as Markdown, with its pictures as files beside it. The text is plain: what would be markup in it is escaped.

Source:
    CommonMark 0.31, §2.4: any ASCII punctuation may be escaped by a backslash.
"""

from __future__ import annotations

import re

from weaver.client.answer import Answer
from weaver.export.story import StoryPicture, StoryText, data_url, file_name, story

INLINE = re.compile(r"([\\`*_\[\]<>&~|])")
# What makes a block of the line that it begins.
BLOCK = re.compile(r"^[ \t]*(?:([#+\-=])|(\d{1,9})([.)]))", re.MULTILINE)


def markdown(answer: Answer, folder: str | None, prompt: str | None = None) -> str:
    """The Markdown; pictures are found in `folder`, a path as URLs write it, or inside if it is None. `prompt` is what the answer answers."""
    source = data_url if folder is None else lambda picture: f"{folder}/{file_name(picture)}"
    content = story(answer, prompt, source)
    blocks = [f"# {escaped(content.title)}"]
    for part in content.parts:
        match part:
            case StoryText():
                blocks += [escaped(paragraph) for paragraph in part.paragraphs]
            case StoryPicture():
                blocks += _picture(part)
    blocks.append(
        f"---\n\nWritten by {escaped(content.model)}"
        + (f" for: “{_line(content.prompt)}”" if content.prompt else "")
    )
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Plain text that reads as itself, its lines kept."""
    lines = INLINE.sub(r"\\\1", text)
    lines = BLOCK.sub(lambda found: f"{found[2]}\\{found[3]}" if found[2] else f"\\{found[1]}", lines)
    return "\\\n".join(line.strip() for line in lines.split("\n") if line.strip())


def _line(text: str) -> str:
    return escaped(" ".join(text.split()))


def _picture(shown: StoryPicture) -> list[str]:
    description = _line(shown.description)
    if shown.source is None:
        return [f"> This picture did not come: {description}"]
    return [f"![{description}]({shown.source})", f"*{description}*"]
