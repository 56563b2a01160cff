"""OpenAI's Responses API: items of text and pictures by their place, in any order."""

from __future__ import annotations

from typing import Any

from bench.load.marks import Ended, Mark, NoPicture, Picture, Preview, Text


class Responses:
    """Reads one answer."""

    @staticmethod
    def question(model: str, prompt: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """`POST /v1/responses`."""
        return "/v1/responses", {"model": model, "input": prompt, "stream": True, **options}

    def marks(self, event: dict[str, Any]) -> list[Mark]:
        """What one more event tells."""
        place = event.get("output_index", 0)
        match event.get("type"):
            case "response.output_text.delta":
                return [Text(place)]
            case "response.image_generation_call.partial_image":
                return [Preview(place)]
            case "response.output_item.done":
                return self._item(place, event["item"])
            case "response.completed":
                return [Ended("completed")]
            case "response.incomplete":
                return [
                    Ended("incomplete", (event["response"].get("incomplete_details") or {}).get("reason"))
                ]
            case "response.failed":
                return [Ended("failed", (event["response"].get("error") or {}).get("code"))]
            case "error":
                return [Ended("failed", event.get("code"))]
        return []

    def at_close(self) -> Ended | None:
        """An answer says how it ended."""
        return None

    def _item(self, place: int, item: dict[str, Any]) -> list[Mark]:
        if item["type"] != "image_generation_call":
            return []
        if item.get("status") == "completed":
            return [Picture(place)]
        return [NoPicture(place, (item.get("error") or {}).get("code") or str(item.get("status")))]
