"""Requests to `/v1/images/…` that work as they are, for `/openapi.json`."""

from __future__ import annotations

from typing import Final

from fastapi.openapi.models import Example

from gateway.dialects.common.examples import PICTURE

GENERATIONS: Final[dict[str, Example]] = {
    "pictures": {
        "summary": "Two pictures, described by the planner",
        "value": {"prompt": "a fox at the sea", "n": 2, "response_format": "url"},
    },
    "stream": {
        "summary": "One picture, straight from the prompt, with looks at it on the way",
        "value": {"prompt": "a fox at the sea", "planner": False, "stream": True, "partial_images": 2},
    },
}
EDITS: Final[dict[str, Example]] = {
    "edit": {
        "summary": "A picture made from another",
        "value": {
            "prompt": "the same fox, with a blue scarf",
            "images": [{"image_url": PICTURE, "description": "A fox in the meadow."}],
        },
    }
}
