"""Google's Gemini API: parts in order."""

from __future__ import annotations

from typing import Any

from bench.load.marks import Ended, Mark, NoPicture, Picture, Text


class Gemini:
    """Reads one answer. Texts that follow each other are one place."""

    def __init__(self) -> None:
        self._place = 0
        self._in_text = False

    @staticmethod
    def question(model: str, prompt: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """`POST /v1beta/models/MODEL:streamGenerateContent`."""
        contents = [{"role": "user", "parts": [{"text": prompt}]}]
        return f"/v1beta/models/{model}:streamGenerateContent?alt=sse", {"contents": contents, **options}

    def marks(self, event: dict[str, Any]) -> list[Mark]:
        """What one more event tells."""
        if error := event.get("error"):
            return [Ended("failed", str(error.get("status")))]
        told: list[Mark] = []
        for candidate in event.get("candidates", ()):
            for part in (candidate.get("content") or {}).get("parts", ()):
                told += self._part(part)
            if reason := candidate.get("finishReason"):
                told.append(Ended("completed" if reason == "STOP" else "incomplete", reason))
        return told

    def at_close(self) -> Ended | None:
        """An answer says why it ended."""
        return None

    def _part(self, part: dict[str, Any]) -> list[Mark]:
        error = (part.get("partMetadata") or {}).get("error")
        is_text = "text" in part and error is None
        if is_text and not part["text"]:
            return []
        if not (is_text and self._in_text):
            self._place += 1
        self._in_text = is_text
        if error is not None:
            return [NoPicture(self._place, str(error.get("code")))]
        if "inlineData" in part:
            return [Picture(self._place)]
        return [Text(self._place)] if is_text and not part.get("thought") else []
