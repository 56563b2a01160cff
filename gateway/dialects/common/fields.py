"""Fields that several dialects share, so that each is described, limited and refused in one way.

What becomes of a field that no dialect declares, and of one that is null or asks for nothing, stands in `forgiving`.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from gateway.answer.request import (
    MOST_REDRAWS,
    MOST_SEED,
    Delivery,
    Feedback,
    Quality,
    ReferencePolicy,
    ThoughtsTold,
)
from gateway.answer.sizes import SIZE
from gateway.dialects.common.cast import Cast, Style
from gateway.dialects.common.forgiving import Body, Unsupported, Unused
from planner_service.wire import Mode, PictureId
from visualizer_service.wire import OutputFormat

MOST_DESCRIPTION = 2000
# OpenAI's seeds may be negative; the models' may not.
_FOLDED_SEEDS = 2**32


def _seed(value: Any) -> Any:
    return value % _FOLDED_SEEDS if isinstance(value, int) and value < 0 else value


def one_or_many(value: Any) -> Any:
    """A list, one of whose members may stand for itself."""
    return (value,) if isinstance(value, str | dict) else value


def thinks(effort: str | None) -> bool:
    """Whether a planner that can think is to, by OpenAI's word for how hard."""
    return effort not in (None, "none", "minimal")


def told_as_text(effort: str | None) -> ThoughtsTold:
    """Whether thoughts are told, where asking for them is asking to read them."""
    return "as_text" if thinks(effort) else "never"


def _texts(value: Any) -> Any:
    """Values of metadata as texts, for other clients' are numbers and lists, too."""
    if not isinstance(value, dict):
        return value
    return {
        name: one if isinstance(one, str) else json.dumps(one)
        for name, one in value.items()
        if one is not None
    }


def _quality(value: Any) -> Any:
    return {"standard": "auto", "hd": "high"}.get(value, value) if isinstance(value, str) else value


def _limited(value: Any) -> Any:
    """A count, where -1 means as many as there may be."""
    return None if value == -1 else value


Seed = Annotated[
    Annotated[int | None, Field(ge=0, le=MOST_SEED)],
    BeforeValidator(_seed, json_schema_input_type=int | None),
]

Ignored = Annotated[Any, Unused()]
Absent = Annotated[None, Unsupported()]
Fidelity = Annotated[
    Any, Unused("the model follows its references as closely as it can, and has no degrees of it")
]
Mask = Annotated[None, Unsupported("a picture is drawn anew, guided by others; no part of one is kept")]
Moderation = Annotated[Any, Unused("nothing is moderated here", neutral=("low",))]
NoTools = Annotated[Any, Unused("pictures are the one tool, and always at hand")]
NoLikelihoods = Annotated[Any, Unused("likelihoods are not told")]
Who = Annotated[Any, Unused("requests are known by their keys")]

# As OpenAI's earlier image models say it.
OldQuality = Literal["standard", "hd"]
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
    Field(ge=0, le=1, description="The share of likeliest words that the planner chooses among."),
]
MostOutputTokens = Annotated[
    Annotated[int | None, Field(ge=1)],
    BeforeValidator(_limited, json_schema_input_type=int | None),
    Field(
        description="Where the planner's text ends at the latest, descriptions included; -1 is as left out."
    ),
]
Penalty = Annotated[
    float | None,
    Field(ge=-2, le=2, description="Words said before are less likely above 0, and likelier below."),
]
StopText = Annotated[str, Field(min_length=1, max_length=64)]
PromptCache = Annotated[Any, Unused("what was read before is always found again, by its text")]
Opaque = Annotated[
    Literal["auto", "opaque"] | None,
    Field(description="Pictures fill their whole area; none is transparent."),
]
Detail = Annotated[str, Field(description="Taken and not used: images are seen whole.")]
Description = Annotated[
    str | None,
    Field(
        max_length=MOST_DESCRIPTION,
        description="Ours: says what is on the image to a planner that sees none.",
    ),
]
Stream = Annotated[bool, Field(description="Tell the answer as it is made, as server-sent events.")]
Unpadded = Annotated[bool, Field(description="Taken and not used: events are never padded.")]


class PlainText(Body):
    """The one text format there is."""

    type: Literal["text"] = Field(default="text", description="Plain text, no schema.")


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

    quality: Annotated[
        Quality | None, BeforeValidator(_quality, json_schema_input_type=Quality | OldQuality | None)
    ] = Field(
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
    seed: Seed = Field(default=None, description="Same seed, same pictures.")
    adapter: str | None = Field(
        default=None,
        max_length=200,
        description="Ours: the LoRA weights to draw with, one of `limits.adapters` of /v1/models.",
    )
    user: Who = None
    safety_identifier: Who = None


class SamplingFields(Body):
    """How the planner's model chooses its words."""

    temperature: Temperature = None
    top_p: TopP = None
    top_k: int | None = Field(
        default=None, ge=-1, description="How many of the likeliest words it chooses among; 0 and -1 are all."
    )
    min_p: float | None = Field(
        default=None, ge=0, le=1, description="How likely a word must be, against the likeliest one."
    )
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    repetition_penalty: float | None = Field(
        default=None, gt=0, le=2, description="Words said before are less likely above 1."
    )
    logit_bias: Annotated[dict[int, Annotated[float, Field(ge=-100, le=100)]], Field(max_length=300)] = Field(
        default={}, description="What makes words likelier, by the numbers of the planner's tokens."
    )
    stop: Annotated[
        tuple[StopText, ...],
        Field(max_length=16),
        BeforeValidator(one_or_many, json_schema_input_type=str | tuple[StopText, ...]),
    ] = Field(default=(), description="Texts at which the answer ends; they are left out of it.")


class AnswerFields(DrawingFields, SamplingFields):
    """What may be said of an answer of text and pictures in every dialect that has such answers."""

    store: bool = Field(default=True, description="Whether the answer can be asked for again.")
    metadata: Annotated[
        dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None,
        Field(max_length=16),
        BeforeValidator(_texts, json_schema_input_type=dict[str, Any] | None),
    ] = Field(default=None, description="Kept with the answer and told with it.")
    mode: Mode = Field(
        default="auto", description="Whether to write, to draw, or both; `auto` lets the planner decide."
    )
    least_images: int | None = Field(default=None, ge=0, description="The planner may not stop before.")
    most_images: int | None = Field(default=None, ge=0, description="The planner may not draw more.")
    references: Annotated[
        tuple[PictureId, ...],
        Field(max_length=8),
        BeforeValidator(one_or_many, json_schema_input_type=str | tuple[PictureId, ...]),
    ] = Field(
        default=(),
        description="Images that guide every picture: `in1` is the first you sent, `img1` the first drawn.",
    )
    reference_policy: ReferencePolicy = Field(
        default="anchor",
        description="Which pictures guide one for which neither you nor the planner names any.",
    )
    cast: Cast = ()
    style: Style = None
    feedback: Feedback = Field(
        default="none",
        description="Ours: `inline` shows a planner that sees each picture before it writes on, `critic` has each judged.",
    )
    most_redraws: int = Field(
        default=1,
        ge=0,
        le=MOST_REDRAWS,
        description="Ours: how often a picture that the critic finds wrong is drawn again.",
    )
    delivery: Delivery = Field(
        default="b64",
        description="Pictures as base64 in the answer, or as signed links that hold as long as the answer is kept.",
    )
    service_tier: str | None = Field(
        default=None,
        description="With `flex`, pictures wait for those of other requests; all others are alike.",
    )
    parallel_tool_calls: Annotated[Any, Unused("pictures are always drawn side by side", neutral=(True,))] = (
        None
    )
    prompt_cache_key: PromptCache = None
    prompt_cache_options: PromptCache = None
    prompt_cache_retention: PromptCache = None
