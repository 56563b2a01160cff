"""Fields that several dialects share, so that each is described, limited and refused in one way.

A field that no dialect declares is refused by name, and one that is `Unsupported` unless it is null: nothing is silently ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import CoreSchema, no_info_before_validator_function

from gateway.answer.request import Delivery, Quality, ReferencePolicy
from gateway.answer.sizes import SIZE
from planner_service.wire import Mode, PictureId
from visualizer_service.wire import OutputFormat

UNSUPPORTED = "unsupported"
# Keeps a seed exact in clients whose numbers are doubles, and leaves room to derive one for each picture.
MOST_SEED = 2**53 - 1
MOST_DESCRIPTION = 2000
# Of one object; more than twice what any has.
MOST_FIELDS = 200


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Of a field that is known and not taken, typed `None`; `why` goes on from "is not supported here: "."""

    why: str = "there is nothing like it"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse all but null."""
        return no_info_before_validator_function(self._refused, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Say why."""
        return handler(schema) | {"description": f"Not supported: {self.why}."}

    def _refused(self, value: Any) -> None:
        if value is not None:
            raise PydanticCustomError(UNSUPPORTED, "is not supported here: {why}", {"why": self.why})


Absent = Annotated[None, Unsupported()]
Fidelity = Annotated[
    None, Unsupported("the model follows its references as closely as it can, and has no degrees of it")
]
Mask = Annotated[None, Unsupported("a picture is drawn anew, guided by others; no part of one is kept")]
Moderation = Annotated[None, Unsupported("nothing is moderated here")]

Size = Annotated[str, Field(pattern=f"^(auto|{SIZE})$")]
Previews = Annotated[
    int, Field(ge=0, le=3, description="How often a picture is shown while it is drawn, in a stream.")
]
Temperature = Annotated[
    float | None,
    Field(ge=0, le=2, description="How freely the planner writes; 0 always takes the likeliest word."),
]
TopP = Annotated[
    float | None,
    Field(gt=0, le=1, description="The share of likeliest words that the planner chooses among."),
]
MostOutputTokens = Annotated[
    int | None,
    Field(ge=16, description="Where the planner's text ends at the latest, descriptions included."),
]
Opaque = Annotated[
    Literal["auto", "opaque"] | None,
    Field(description="Pictures fill their whole area; none is transparent."),
]
Detail = Annotated[
    Literal["auto", "low", "high", "original"],
    Field(description="Taken and not used: images are seen whole."),
]
Description = Annotated[
    str | None,
    Field(
        max_length=MOST_DESCRIPTION,
        description="Ours: says what is on the image to a planner that sees none.",
    ),
]
Stream = Annotated[bool, Field(description="Tell the answer as it is made, as server-sent events.")]
Unpadded = Annotated[bool, Field(description="Taken and not used: events are never padded.")]


class Body(BaseModel):
    """A JSON object of the request: immutable, and strict about unknown fields."""

    # A bound on length, even one that nothing exceeds, has pydantic read strings as UTF-8. JSON may hold halves of surrogate pairs,
    # which cannot be stored or sent on; so they are refused, with the field's name.
    model_config = ConfigDict(frozen=True, extra="forbid", str_min_length=0)

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, value: Any) -> Any:
        """Each unknown field would get an error of its own, of which only the first is told."""
        if isinstance(value, dict) and len(value) > MOST_FIELDS:
            raise PydanticCustomError(
                "too_many_fields",
                "An object holds {count} fields; at most {most} are taken",
                {"count": len(value), "most": MOST_FIELDS},
            )
        return value


class PlainText(Body):
    """The one text format there is."""

    type: Literal["text"] = Field(description="Plain text, no schema.")


class ImageRef(Body):
    """An image, by URL or file id."""

    image_url: str | None = Field(
        default=None,
        description="A data URL, or an https URL where the operator allows images to be fetched.",
    )
    file_id: str | None = Field(default=None, description="A file sent before, or a picture drawn before.")
    description: Description = None


class EncodingFields(Body):
    """How carefully pictures are drawn, and how they are written."""

    quality: Quality | None = Field(
        default=None,
        description="Half, all or twice the steps that the model takes by itself, which `auto` leaves to it; "
        "refused where it takes one number only (`limits` of /v1/models).",
    )
    output_format: OutputFormat = Field(default="png", description="The type of the pictures.")
    output_compression: int | None = Field(
        default=None, ge=0, le=100, description="Quality of jpeg and webp in percent; not for png."
    )


class DrawingFields(Body):
    """What may be said of pictures in every dialect."""

    model: str | None = Field(
        default=None, description="The name under which this service is listed in /v1/models."
    )
    size: Size = Field(
        default="auto", description="Width and height in pixels; `auto` lets model or planner choose."
    )
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED, description="Same seed, same pictures.")
    adapter: str | None = Field(
        default=None,
        max_length=200,
        description="Ours: the LoRA weights to draw with, one of `limits.adapters` of /v1/models.",
    )
    user: str | None = Field(default=None, description="Taken and not used.")
    safety_identifier: str | None = Field(default=None, description="Taken and not used.")


class AnswerFields(DrawingFields):
    """What may be said of an answer of text and pictures in every dialect that has such answers."""

    temperature: Temperature = None
    top_p: TopP = None
    store: bool = Field(default=True, description="Whether the answer can be asked for again.")
    metadata: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None = (
        Field(default=None, max_length=16, description="Kept with the answer and told with it.")
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
        default="b64",
        description="Pictures as base64 in the answer, or as signed links that hold as long as the answer is kept.",
    )
    service_tier: Literal["auto", "default", "flex"] | None = Field(
        default=None, description="With `flex`, pictures wait for those of other requests."
    )
    parallel_tool_calls: Literal[True] | None = Field(
        default=None, description="Pictures are always drawn side by side."
    )
    prompt_cache_key: str | None = Field(default=None, description="Taken and not used.")
