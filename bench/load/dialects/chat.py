"""OpenAI's Chat Completions with pictures in `delta.images`, as we and other servers stream them."""

from __future__ import annotations

from typing import Any

from bench.load.marks import Ended, Mark, NoPicture, Picture, Text


class Chat:
    """Reads one answer. Pictures come as they are done and do not say between which words they stand, so all text has one place."""

    def __init__(self) -> None:
        self._pictures = 0

    @staticmethod
    def question(model: str, prompt: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """`POST /v1/chat/completions`."""
        messages = [{"role": "user", "content": prompt}]
        return "/v1/chat/completions", {"model": model, "messages": messages, "stream": True, **options}

    def marks(self, event: dict[str, Any]) -> list[Mark]:
        """What one more chunk tells."""
        if error := event.get("error"):
            return [Ended("failed", str(error.get("code")))]
        told: list[Mark] = []
        for choice in event.get("choices", ()):
            delta = choice.get("delta") or {}
            told += [Text(0)] if delta.get("content") else []
            told += [Picture(self._next()) for _ in delta.get("images") or ()]
            told += [
                NoPicture(self._next(), str((failed.get("error") or {}).get("code")))
                for failed in delta.get("failed_images") or ()
            ]
            if reason := choice.get("finish_reason"):
                told.append(Ended("completed" if reason == "stop" else "incomplete", reason))
        return told

    def at_close(self) -> Ended | None:
        """A chat says why it ended."""
        return None

    def _next(self) -> int:
        self._pictures += 1
        return self._pictures
