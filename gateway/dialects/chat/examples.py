"""Requests to `/v1/chat/completions` that work as they are, for `/openapi.json`."""

from __future__ import annotations

from typing import Final

from fastapi.openapi.models import Example

from gateway.dialects.common.examples import PICTURE

COMPLETIONS: Final[dict[str, Example]] = {
    "story": {
        "summary": "A story with pictures",
        "value": {
            "messages": [{"role": "user", "content": "A picture story about a fox who finds the sea"}],
            "modalities": ["text", "image"],
        },
    },
    "stream": {
        "summary": "The same as it is made, pictures as links",
        "value": {
            "messages": [{"role": "user", "content": "A picture story about a fox who finds the sea"}],
            "stream": True,
            "stream_options": {"include_usage": True},
            "delivery": "url",
        },
    },
    "picture": {
        "summary": "A picture sent along",
        "value": {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "Draw her at the sea"},
                        {"type": "image_url", "image_url": {"url": PICTURE, "description": "A fox."}},
                    ],
                },
            ]
        },
    },
}
