"""Google's `models.streamGenerateContent`, whose parts are texts and images in order.

Source: ai.google.dev/gemini-api/docs/image-generation; googleapis/python-genai, `types.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bench.answers.answer import Part, Picture, Text
from bench.answers.systems.hearing import Hearing
from bench.answers.systems.links import base64_of, media_type
from bench.answers.systems.system import Conversation, Post, System


def request(system: System, said: Conversation, key: str | None) -> Post:
    """The whole conversation."""
    contents: list[dict[str, Any]] = []
    for asked, answer in said.exchanges:
        shown = [Picture(image.png) for image in asked.images]
        contents.append({"role": "user", "parts": _parts((*shown, Text(asked.text)))})
        contents += [{"role": "model", "parts": _parts(answer.parts)}] if answer else []
    config = {"responseModalities": ["TEXT", "IMAGE"]} | said.seeded
    path = f"/v1beta/models/{quote(system.model, safe='')}:streamGenerateContent?alt=sse"
    body = {"contents": contents, "generationConfig": config} | system.more
    return Post(path, body, {"x-goog-api-key": key} if key else {})


def hear(told: Mapping[str, Any], hearing: Hearing) -> None:
    """One chunk; thoughts are passed over."""
    if error := told.get("error"):
        hearing.end("failed", error.get("message"))
    if blocked := told.get("promptFeedback", {}).get("blockReason"):
        hearing.end("failed", blocked)
    hearing.tokens = told.get("usageMetadata", {}).get("candidatesTokenCount", hearing.tokens)
    for candidate in told.get("candidates", ()):
        for part in (candidate.get("content") or {}).get("parts") or ():
            if "inlineData" in part and not part.get("thought"):
                known = Picture(data=None, description=part.get("partMetadata", {}).get("description"))
                hearing.picture("data:;base64," + part["inlineData"]["data"], known)
            elif not part.get("thought"):
                hearing.text(part.get("text") or "")
        if reason := candidate.get("finishReason"):
            hearing.stop(reason, well="STOP")


def _parts(parts: tuple[Part, ...]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    for part in parts:
        match part:
            case Picture(data=bytes(data)):
                told.append({"inlineData": {"mimeType": media_type(data), "data": base64_of(data)}})
            case Text(text=text) if text.strip():
                told.append({"text": text})
    return told
