"""Output items of OpenAI's Responses API, as parts of an answer and back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from bench.answers.answer import Part, Picture, Text
from bench.answers.systems.links import base64_of

KINDS = ("message", "image_generation_call")


def part_of(item: Mapping[str, Any]) -> Part:
    """An item of one of the `KINDS`; what only our gateway tells is read where it is there."""
    if item["type"] == "message":
        return Text("".join(part.get("text", "") for part in item["content"]))
    times = item.get("timings")
    return Picture(
        data=base64.b64decode(item["result"]) if item.get("result") else None,
        name=item.get("picture"),
        description=item.get("revised_prompt"),
        references=tuple(used["id"] for used in item.get("references", ())),
        missing_references=tuple(item.get("missing_references", ())),
        size=item.get("size"),
        drawing_s=times["done_at"] - times["started_at"] if times else None,
        failure=(item.get("error") or {}).get("message"),
    )


def items_of(part: Part, id: str) -> list[dict[str, Any]]:
    """A part that is sent back; nothing for a picture that did not come."""
    match part:
        case Text(text=text):
            return [{"role": "assistant", "content": [{"type": "output_text", "text": text}]}]
        case Picture(data=bytes(data)):
            call = {
                "type": "image_generation_call",
                "id": id,
                "status": "completed",
                "result": base64_of(data),
            }
            return [call | ({"revised_prompt": part.description} if part.description else {})]
    return []
