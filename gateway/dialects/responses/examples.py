"""Requests to `/v1/responses` that work as they are, for `/openapi.json`."""

from __future__ import annotations

from typing import Final

from fastapi.openapi.models import Example

from gateway.dialects.common.examples import PICTURE

RESPONSES: Final[dict[str, Example]] = {
    "story": {
        "summary": "A story with three pictures",
        "value": {
            "input": "A picture story about a fox who finds the sea",
            "mode": "interleaved",
            "least_images": 3,
            "most_images": 3,
        },
    },
    "stream": {
        "summary": "The same as it is made, pictures as links, with looks at them on the way",
        "value": {
            "input": "A picture story about a fox who finds the sea",
            "stream": True,
            "delivery": "url",
            "tools": [{"type": "image_generation", "partial_images": 2, "output_format": "webp"}],
        },
    },
    "edit": {
        "summary": "A picture made from one that is sent along",
        "value": {
            "input": [
                {
                    "role": "user",
                    "content": [
                        {"type": "input_text", "text": "Give her a blue scarf"},
                        {"type": "input_image", "image_url": PICTURE, "description": "A fox in the meadow."},
                    ],
                }
            ],
            "mode": "image",
            "seed": 7,
        },
    },
    "text": {"summary": "Text only", "value": {"input": "Hello", "mode": "text", "max_output_tokens": 200}},
}

SHARE: Final[dict[str, Example]] = {
    "as drawn": {"summary": "Every picture as it was drawn first", "value": {"versions": {}}},
}
