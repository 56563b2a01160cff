"""What the client's users ask, and the body of `POST /v1/responses` that says it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypedDict

Image = Path | bytes | str
"""An image to send: a file, its bytes, or the id that `upload` gave it."""

SIGNATURES = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp", b"GIF8": "gif"}


# Options of the image tool, and what the gateway calls them.
_TOOL = {"previews": "partial_images", "output_format": "output_format"}
# Options that the body holds under other names.
_RENAMED = ("images", "pictures", *_TOOL)


class AskOptions(TypedDict, total=False):
    """How to answer; whatever is left out is as the gateway has it.

    Attributes:
        images: come before the text, and are `in1`, `in2`, … as references.
        pictures: exactly so many; or say `least_images` and `most_images`.
        mode: `auto` lets the planner decide whether to write, to draw, or both.
        size: width and height in pixels, `160x96`.
        seed: same seed, same pictures.
        references: images that guide every picture.
        previous_response_id: the answer to go on from, its pictures included.
        previews: rough looks at each picture while it is drawn, 0 to 3.
        background: goes on even if nobody is connected.
    """

    model: str
    instructions: str
    images: Sequence[Image]
    pictures: int
    least_images: int
    most_images: int
    mode: Literal["auto", "text", "image", "interleaved"]
    size: str
    seed: int
    references: Sequence[str]
    previous_response_id: str
    previews: int
    output_format: Literal["png", "webp", "jpeg"]
    background: bool


def request_body(text: str, options: AskOptions) -> dict[str, Any]:
    """The request's JSON.

    Raises:
        OSError: an image can't be read.
    """
    given: Mapping[str, Any] = options
    body = {name: value for name, value in given.items() if name not in _RENAMED}
    if "pictures" in given:
        body |= {"least_images": given["pictures"], "most_images": given["pictures"]}
    tool = {theirs: given[ours] for ours, theirs in _TOOL.items() if ours in given}
    if tool:
        body["tools"] = [{"type": "image_generation", **tool}]
    images = [{"type": "input_image"} | input_image(image) for image in options.get("images", ())]
    content = [*images, {"type": "input_text", "text": text}]
    return body | {"input": [{"role": "user", "content": content}], "stream": True}


def input_image(image: Image) -> dict[str, Any]:
    """An image as a request names or holds it.

    Raises:
        OSError: it can't be read.
    """
    if isinstance(image, str):
        return {"file_id": image}
    data = image if isinstance(image, bytes) else image.read_bytes()
    kind = next((kind for start, kind in SIGNATURES.items() if data.startswith(start)), "png")
    return {"image_url": f"data:image/{kind};base64,{base64.b64encode(data).decode()}"}
