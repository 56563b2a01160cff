"""OpenAI's Images API: pictures alone, told as they are drawn."""

from __future__ import annotations

from typing import Any

from bench.load.marks import Ended, Mark, NoPicture, Picture, Preview


class Images:
    """Reads one answer. No event says that it ends: the stream closes once every picture was told of."""

    def __init__(self) -> None:
        self._told = 0

    @staticmethod
    def question(model: str, prompt: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """`POST /v1/images/generations`."""
        return "/v1/images/generations", {"model": model, "prompt": prompt, "stream": True, **options}

    def marks(self, event: dict[str, Any]) -> list[Mark]:
        """What one more event tells."""
        place = event.get("index", self._told)
        match str(event.get("type")).partition(".")[2]:
            case "partial_image":
                return [Preview(place)]
            case "completed":
                self._told += 1
                return [Picture(place)]
            case "failed":
                self._told += 1
                return [NoPicture(place, str(event["error"].get("code")))]
        error = event.get("error")
        return [Ended("failed", str(error.get("code")))] if error else []

    def at_close(self) -> Ended | None:
        """Pictures were told of."""
        return Ended("completed") if self._told else None
