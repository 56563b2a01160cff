"""Requests to `/v1/ui-messages` that work as they are, for `/openapi.json`."""

from __future__ import annotations

from typing import Final

from fastapi.openapi.models import Example

from gateway.dialects.common.examples import PICTURE

MESSAGES: Final[dict[str, Example]] = {
    "story": {
        "summary": "A story with pictures",
        "value": {
            "messages": [
                {
                    "role": "user",
                    "parts": [{"type": "text", "text": "A picture story about a fox at the sea"}],
                }
            ]
        },
    },
    "picture": {
        "summary": "A picture sent along",
        "value": {
            "messages": [
                {
                    "role": "user",
                    "parts": [
                        {"type": "text", "text": "Draw her at the sea"},
                        {"type": "file", "url": PICTURE, "mediaType": "image/png"},
                    ],
                }
            ],
            "delivery": "url",
        },
    },
}
