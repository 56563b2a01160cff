"""OpenAI's `POST /v1/images/generations` and `/v1/images/edits` as we take them.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from gateway.dialects.fields import Body, Drawing, Encoding, Looks


class GenerateImages(Drawing, Encoding):
    """What to draw, and how. The fields after `planner` are OpenAI's that may have one value only, or none."""

    prompt: str = Field(min_length=1, description="What the pictures are to show.")
    n: int = Field(default=1, ge=1, le=4, description="How many pictures.")
    stream: bool = False
    partial_images: Looks = Field(
        default=0, description="How often a picture is shown on the way, in a stream."
    )
    response_format: Literal["b64_json", "url"] = Field(
        default="b64_json", description="Pictures as base64 in the answer, or as URLs to fetch."
    )
    planner: bool = Field(
        default=True,
        description="Whether the planner writes the descriptions; if not, the prompt is each picture's.",
    )

    quality: Literal["auto"] | None = None
    background: Literal["auto", "opaque"] | None = None
    moderation: Literal["auto"] | None = None
    style: None = None
    complexity: None = None
    frame_count: None = None
    frame_duration_ms: None = None
    svg: None = None


class ImageRef(Body):
    """An image by data URL or file id; `description` is ours and tells a planner that sees no images what is on it."""

    image_url: str | None = None
    file_id: str | None = None
    description: str | None = Field(default=None, max_length=2000)


class EditForm(GenerateImages):
    """What to make of images that come beside it, as files of the same form."""

    mask: None = None
    markup: None = None
    input_fidelity: None = None


class EditImages(EditForm):
    """What to make of which images; in the prompt they are named `in1`, `in2` … in order."""

    images: tuple[ImageRef, ...] = Field(min_length=1)
