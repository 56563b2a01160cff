"""OpenAI's Responses API with its image tool: OpenAI itself, or our gateway.

Source: openai-python 3.54, `types/responses`. Our own fields are described in docs/api.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.answers.answer import Outcome
from bench.answers.systems.hearing import Hearing
from bench.answers.systems.items import KINDS, items_of, part_of
from bench.answers.systems.links import data_url
from bench.answers.systems.system import Asked, Conversation, Post, SentImage, System, bearer

ENDS: dict[str, Outcome] = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}


def request(system: System, said: Conversation, key: str | None) -> Post:
    """The whole conversation, earlier pictures by their bytes."""
    items: list[dict[str, Any]] = []
    for place, (asked, answer) in enumerate(said.exchanges):
        items.append(_asked(asked, system))
        for number, part in enumerate(answer.parts if answer else ()):
            items += items_of(part, f"ig_{place}_{number}")
    body = {"model": system.model, "input": items, "stream": True, "tools": [{"type": "image_generation"}]}
    return Post("/v1/responses", body | said.seeded | system.more, bearer(key))


def hear(told: Mapping[str, Any], hearing: Hearing) -> None:
    """One event; the last one holds the whole answer in order."""
    match told["type"]:
        case "response.output_text.delta":
            hearing.text(told["delta"])
        case "response.image_generation_call.completed":
            hearing.picture_came()
        case kind if kind in ENDS:
            response = told["response"]
            hearing.settle(part_of(item) for item in response["output"] if item["type"] in KINDS)
            hearing.tokens = (response.get("usage") or {}).get("output_tokens")
            why = response.get("error") or response.get("incomplete_details") or {}
            hearing.end(ENDS[told["type"]], why.get("message") or why.get("reason"))
        case "error":
            hearing.end("failed", told.get("message"))


def _asked(asked: Asked, system: System) -> dict[str, Any]:
    images = [_image(image, system.describe_images) for image in asked.images]
    return {"role": "user", "content": [*images, {"type": "input_text", "text": asked.text}]}


def _image(image: SentImage, described: bool) -> dict[str, Any]:
    shown = {"type": "input_image", "image_url": data_url(image.png)}
    return shown | ({"description": image.description} if described else {})
