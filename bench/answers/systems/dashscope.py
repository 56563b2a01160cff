"""Alibaba's `wan2.6-image` with `enable_interleave`: one turn, one image at most, five pictures at most, a stream of deltas.

Source: alibabacloud.com/help/en/model-studio/wan-image-generation-api-reference, interleaved text-image output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.answers.systems.hearing import Hearing
from bench.answers.systems.links import data_url
from bench.answers.systems.system import CannotAsk, Conversation, Post, System, bearer

MOST_PICTURES = 5


def request(system: System, said: Conversation, key: str | None) -> Post:
    """The one turn that there may be."""
    if len(said.turns) > 1:
        raise CannotAsk("it takes a single turn")
    (asked,) = said.turns
    if len(asked.images) > 1:
        raise CannotAsk("it takes one image at most")
    images = [{"image": data_url(image.png)} for image in asked.images]
    wished = {"enable_interleave": True, "stream": True, "n": 1, "max_images": MOST_PICTURES}
    body = {
        "model": system.model,
        "input": {"messages": [{"role": "user", "content": [{"text": asked.text}, *images]}]},
        "parameters": wished | said.seeded | system.more,
    }
    path = "/api/v1/services/aigc/multimodal-generation/generation"
    return Post(path, body, {"X-DashScope-Sse": "enable"} | bearer(key))


def hear(told: Mapping[str, Any], hearing: Hearing) -> None:
    """One chunk: a piece of text or the link of a picture."""
    if code := told.get("code"):
        hearing.end("failed", f"{code}: {told.get('message', '')}")
    hearing.tokens = (told.get("usage") or {}).get("output_tokens", hearing.tokens)
    for choice in told.get("output", {}).get("choices") or ():
        for part in choice["message"].get("content") or ():
            if part.get("type") == "image":
                hearing.picture(part["image"])
            else:
                hearing.text(part.get("text") or "")
        # While more is to come, it says "null", in letters.
        if (reason := choice.get("finish_reason")) not in (None, "null"):
            hearing.stop(reason, well="stop")
