"""Fields that several dialects share, so that each is described, limited and refused in one way.

A field that no dialect declares is refused by name, and so is one typed `None` unless it is null: nothing is silently ignored.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.request import Delivery, ReferencePolicy
from planner_service.wire import Mode, PictureId
from visualizer_service.wire import OutputFormat

Size = Annotated[str, Field(pattern=r"^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$")]
Looks = Annotated[int, Field(ge=0, le=3)]
# Keeps a seed exact in clients whose numbers are doubles, and leaves room to derive one for each picture.
MOST_SEED = 2**53 - 1


class Body(BaseModel):
    """A JSON object of the request: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PlainText(Body):
    """The one text format there is."""

    type: Literal["text"]


class Encoding(Body):
    """How pictures are written."""

    output_format: OutputFormat = "png"
    output_compression: int | None = Field(
        default=None, ge=0, le=100, description="Quality of jpeg and webp in percent."
    )


class Drawing(Body):
    """What may be said of pictures in every dialect."""

    model: str | None = Field(
        default=None, description="The name under which this service is listed in /v1/models."
    )
    size: Size = Field(
        default="auto", description="Width and height in pixels; `auto` lets model or planner choose."
    )
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED, description="Same seed, same pictures.")
    user: str | None = Field(default=None, description="Taken and not used.")
    safety_identifier: str | None = Field(default=None, description="Taken and not used.")


class Answering(Drawing):
    """What may be said of an answer of text and pictures in every dialect that has such answers."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    store: bool = Field(default=True, description="Whether the answer can be asked for again.")
    metadata: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None = (
        Field(default=None, max_length=16)
    )
    mode: Mode = Field(
        default="auto", description="Whether to write, to draw, or both; `auto` lets the planner decide."
    )
    least_images: int | None = Field(default=None, ge=0, description="The planner may not stop before.")
    most_images: int | None = Field(default=None, ge=0, description="The planner may not draw more.")
    references: tuple[PictureId, ...] = Field(
        default=(),
        max_length=8,
        description="Images that guide every picture: `in1` is the first you sent, `img1` the first drawn.",
    )
    reference_policy: ReferencePolicy = Field(
        default="anchor",
        description="Which pictures guide one for which neither you nor the planner names any.",
    )
    delivery: Delivery = Field(
        default="b64", description="Pictures as base64 in the answer, or as URLs to fetch."
    )
    service_tier: Literal["auto", "default", "flex"] | None = Field(
        default=None, description="With `flex`, pictures wait for those of other requests."
    )
    parallel_tool_calls: Literal[True] | None = None
    prompt_cache_key: str | None = Field(default=None, description="Taken and not used.")
