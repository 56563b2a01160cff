"""Chat Completions with pictures in `images`, as OpenRouter, LiteLLM and our gateway send them.

Source: openrouter.ai/docs/features/multimodal/image-generation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.answers.answer import Answer, Picture
from bench.answers.systems.hearing import Hearing
from bench.answers.systems.links import at_their_marks, data_url
from bench.answers.systems.system import Asked, Conversation, Post, System, bearer


def request(system: System, said: Conversation, key: str | None) -> Post:
    """The whole conversation; earlier pictures go back in `images`."""
    messages: list[dict[str, Any]] = []
    for asked, answer in said.exchanges:
        messages += [_asked(asked), *([_answered(answer)] if answer else [])]
    body = {"model": system.model, "messages": messages, "modalities": ["text", "image"], "stream": True}
    return Post("/v1/chat/completions", body | said.seeded | system.more, bearer(key))


def hear(told: Mapping[str, Any], hearing: Hearing) -> None:
    """One chunk."""
    if error := told.get("error"):
        hearing.end("failed", error.get("message"))
    for choice in told.get("choices", ()):
        delta = choice["delta"]
        hearing.text(delta.get("content") or "")
        for image in delta.get("images") or ():
            known = Picture(data=None, name=image.get("file_id"), description=image.get("description"))
            hearing.picture(image["image_url"]["url"], known)
        if reason := choice.get("finish_reason"):
            hearing.settle(at_their_marks(hearing.parts))
            hearing.stop(reason, well="stop")


def _asked(asked: Asked) -> dict[str, Any]:
    text = {"type": "text", "text": asked.text}
    return {"role": "user", "content": [*(_image(image.png) for image in asked.images), text]}


def _answered(answer: Answer) -> dict[str, Any]:
    images = [_image(picture.data) for picture in answer.drawn if picture.data]
    return {"role": "assistant", "content": answer.text, "images": images}


def _image(data: bytes) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": data_url(data)}}
