"""One request in each dialect, and what its answer tells of what was ignored."""

from __future__ import annotations

import json

WORDS = "A story about a fox"
ASKS = {
    "responses": ("/v1/responses", {"input": WORDS}),
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": WORDS}]}),
    "images": ("/v1/images/generations", {"prompt": WORDS}),
    "gemini": ("/v1beta/models/storybook:generateContent", {"contents": [{"parts": [{"text": WORDS}]}]}),
    "ui": ("/v1/ui-messages", {"messages": [{"role": "user", "parts": [{"type": "text", "text": WORDS}]}]}),
    "mcp": ("/mcp", {"prompt": WORDS}),
}


def succeeded(answer):
    return answer.status_code == 200 and '"isError":true' not in answer.text.replace(" ", "")


def told_of(answer):
    """The fields that an answer says were ignored."""
    found = [
        line.partition("{")[1] + line.partition("{")[2] for line in answer.text.splitlines() if "{" in line
    ]
    for line in found:
        value = json.loads(line)
        warnings = value.get("warnings") or value.get("messageMetadata", {}).get("warnings")
        if warnings:
            return [one["param"] for one in warnings]
        content = value.get("result", {}).get("content", [])
        notes = [part["text"] for part in content if part.get("text", "").startswith("[`")]
        if notes:
            return [note.split("`")[1] for note in notes]
    return []
