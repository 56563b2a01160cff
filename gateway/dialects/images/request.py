"""OpenAI's `POST /v1/images/generations` and `/v1/images/edits` as we take them.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gateway.dialects.common.fields import (
    Absent,
    DrawingFields,
    EncodingFields,
    Fidelity,
    ImageRef,
    Mask,
    Moderation,
    Opaque,
    Previews,
    Stream,
    one_or_many,
)
from gateway.dialects.common.forgiving import Unsupported, Unused

Vectors = Annotated[None, Unsupported("pictures are made of pixels")]
Moving = Annotated[None, Unsupported("pictures do not move")]


class GenerateImages(DrawingFields, EncodingFields):
    """What to draw, and how. The fields after `planner` are OpenAI's that may have one value only, or none."""

    prompt: str = Field(min_length=1, description="What the pictures are to show.")
    n: int = Field(default=1, ge=1, le=4, description="How many pictures.")
    stream: Stream = False
    partial_images: Previews = 0
    response_format: Literal["b64_json", "url"] = Field(
        default="b64_json", description="Pictures as base64 in the answer, or as signed links to fetch."
    )
    planner: bool = Field(
        default=True,
        description="Whether the planner writes the descriptions; if not, the prompt is each picture's.",
    )

    background: Opaque = None
    moderation: Moderation = None
    style: Annotated[Any, Unused("say it in the prompt")] = None
    complexity: Absent = None
    frame_count: Moving = None
    frame_duration_ms: Moving = None
    svg: Vectors = None


class EditForm(GenerateImages):
    """What to make of images that come beside it, as files of the same form."""

    mask: Mask = None
    markup: Mask = None
    input_fidelity: Fidelity = None


def _image_ref(value: Any) -> Any:
    if isinstance(value, str):
        return {"image_url": value}
    if isinstance(value, dict) and isinstance(value.get("image_url"), dict):
        return value | {"image_url": value["image_url"].get("url")}
    return value


EditedImage = Annotated[ImageRef, BeforeValidator(_image_ref, json_schema_input_type=ImageRef | str)]


class EditImages(EditForm):
    """What to make of which images; in the prompt they are named `in1`, `in2` … in order."""

    images: Annotated[
        tuple[EditedImage, ...],
        Field(min_length=1),
        BeforeValidator(one_or_many, json_schema_input_type=tuple[EditedImage, ...]),
    ] = Field(description="The images, the first named `in1`; a URL may stand for itself.")
