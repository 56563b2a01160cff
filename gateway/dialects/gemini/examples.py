"""Requests to Google's `models.generateContent` that work as they are, for `/openapi.json`."""

from __future__ import annotations

from typing import Final

from fastapi.openapi.models import Example

from gateway.dialects.common.examples import PICTURE

CONTENTS: Final[dict[str, Example]] = {
    "story": {
        "summary": "A story with pictures",
        "value": {
            "contents": [{"parts": [{"text": "A picture story about a fox who finds the sea"}]}],
            "generationConfig": {"responseModalities": ["TEXT", "IMAGE"]},
        },
    },
    "picture": {
        "summary": "A picture sent along",
        "value": {
            "contents": [
                {
                    "role": "user",
                    "parts": [
                        {"text": "Draw her at the sea"},
                        {
                            "inlineData": {"mimeType": "image/png", "data": PICTURE.partition(",")[2]},
                            "partMetadata": {"description": "A fox."},
                        },
                    ],
                }
            ]
        },
    },
}
