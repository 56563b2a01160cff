"""One picture of words that are its description already; no planner is asked."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from weaver.client.request_body import Image, input_image


class DrawOptions(TypedDict, total=False):
    """How to draw; whatever is left out is as the gateway has it.

    Attributes:
        images: guide the picture, the first named `in1`.
        size: width and height in pixels, `160x96`.
        seed: same seed, same picture.
    """

    images: Sequence[Image]
    size: str
    seed: int
    model: str


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """A picture that was drawn: `data` are a PNG file's bytes, `seed` draws it again."""

    seed: int | None
    data: bytes = field(repr=False)


def drawing_path(options: DrawOptions) -> str:
    """Where to ask."""
    return "/v1/images/edits" if options.get("images") else "/v1/images/generations"


def drawing_body(description: str, options: DrawOptions) -> dict[str, Any]:
    """The request's JSON.

    Raises:
        OSError: an image can't be read.
    """
    given: Mapping[str, Any] = options
    body = {name: value for name, value in given.items() if name != "images"}
    images = [input_image(image) for image in options.get("images", ())]
    return body | {"prompt": description, "planner": False} | ({"images": images} if images else {})


def drawn_picture(result: Mapping[str, Any]) -> DrawnPicture:
    """Read the result.

    Raises:
        KeyError, IndexError, TypeError, ValueError: it is none.
    """
    entry = result["data"][0]
    return DrawnPicture(entry["seed"], base64.b64decode(entry["b64_json"], validate=True))
