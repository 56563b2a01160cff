"""Earlier turns as other models and clients wrote them: what is read as text, and what is left out.

Parts are told apart by their `type` or, where that is missing, by what they hold; forms of OpenAI's two chat APIs may be mixed. Only
what a user says now is insisted on: a part that is not understood there is refused, elsewhere it is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from pydantic import Field

from gateway.dialects.common.forgiving import LeftOut

# No field is called so, because an error's place names both kinds and fields.
TEXT: Final = "text part"
IMAGE: Final = "image part"
FILE: Final = "file part"
LEFT_OUT: Final = "left out"
KINDS: Final = {
    "text": TEXT,
    "input_text": TEXT,
    "output_text": TEXT,
    "refusal": TEXT,
    "summary_text": TEXT,
    "image_url": IMAGE,
    "input_image": IMAGE,
    "output_image": IMAGE,
    "image": IMAGE,
    "file": FILE,
    "input_file": FILE,
}


class OtherPart(LeftOut):
    """A part of an earlier turn that is neither text nor image: a thought, a call of a tool, a sound."""

    type: Any = Field(default=None, description="Which part this is.")


class ToolCalls(LeftOut):
    """What a model asked a tool to do."""

    why: ClassVar[str] = "is left out: calls of tools are not read, what came of them is"


def part_kind(part: Any) -> str:
    """Which of `KINDS` a part of a user's message is; its own type, if it is none."""
    if not isinstance(part, Mapping):
        return TEXT if isinstance(part, str) else ""
    named = part.get("type")
    if isinstance(named, str) and named:
        return KINDS.get(named, named)
    found = [name for name in ("text", "refusal", "image_url", "file") if part.get(name) is not None]
    return KINDS[found[0]] if found else ""


def earlier_part_kind(part: Any) -> str:
    """As `part_kind`, of a message that no user sends now."""
    kind = part_kind(part)
    return kind if kind in (TEXT, IMAGE, FILE) else LEFT_OUT


def as_parts(content: Any) -> Any:
    """The content of a message as a list of parts: a text, one part alone, and texts among parts are taken, too."""
    parts = content if isinstance(content, list | tuple) else [content]
    return [
        {"type": "text", "text": part} if isinstance(part, str) else part
        for part in parts
        if part is not None
    ]


def as_text(value: Any) -> str:
    """What a tool gave back, as text: texts as they are, lists of parts by their texts, all else as JSON.

    No model of ours has looked into it, so half a character, which has no UTF-8, is replaced here.
    """
    return _as_text(value).encode(errors="replace").decode()


def _as_text(value: Any) -> str:
    match value:
        case str():
            return value
        case list() if all(isinstance(one, Mapping) and isinstance(one.get("text"), str) for one in value):
            return "\n".join(one["text"] for one in value)
        case None:
            return ""
    return json.dumps(value, ensure_ascii=False)


def result_of(tool: str | None, value: Any) -> str:
    """What a tool gave back, as the planner reads it."""
    text = as_text(value)
    return f"[Result of {tool}: {text}]" if tool else f"[Result: {text}]"
