"""OpenAI's `POST /v1/responses` as we take it: the fields we act on, the ones that may only have their default, and our extensions.

A field that is not here is refused by name, and so is one typed `None` unless it is null: nothing is silently ignored. It knows the
form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from gateway.request import Delivery, ReferencePolicy
from planner_service.wire import Mode, PictureId
from visualizer_service.wire import OutputFormat

Size = Annotated[str, Field(pattern=r"^(auto|[1-9][0-9]{1,4}x[1-9][0-9]{1,4})$")]
# Keeps a seed exact in clients whose numbers are doubles, and leaves room to derive one for each picture.
MOST_SEED = 2**53 - 1


class Body(BaseModel):
    """A JSON object of the request: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InputText(Body):
    """Text of a user, a developer or the system."""

    type: Literal["input_text"]
    text: str
    prompt_cache_breakpoint: None = None


class InputImage(Body):
    """An image by data URL or file id; `description` is ours and tells a planner that sees no images what is on it."""

    type: Literal["input_image"]
    image_url: str | None = None
    file_id: str | None = None
    detail: Literal["auto", "low", "high", "original"] = "auto"
    description: str | None = Field(default=None, max_length=2000)
    prompt_cache_breakpoint: None = None


class OutputText(Body):
    """Text of an earlier answer, sent back as it came; only `text` matters."""

    type: Literal["output_text"]
    text: str
    annotations: tuple[Any, ...] = ()
    logprobs: tuple[Any, ...] | None = None
    parsed: None = None


Content = Annotated[InputText | InputImage | OutputText, Field(discriminator="type")]


def _content(value: Any) -> Any:
    return [{"type": "input_text", "text": value}] if isinstance(value, str) else value


class Message(Body):
    """One turn of the conversation, of any role."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Annotated[tuple[Content, ...], BeforeValidator(_content)] = Field(min_length=1)
    id: str | None = None
    status: Literal["in_progress", "completed", "incomplete"] | None = None
    phase: Literal["commentary", "final_answer"] | None = None


class DrawnPicture(BaseModel):
    """A picture of an earlier answer, sent back as it came, so it may hold all that we say of a picture.

    `result` is its base64; without it, `id` names a picture of ours. One that failed is passed over.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["image_generation_call"]
    id: str
    status: Literal["in_progress", "generating", "completed", "failed"] | None = None
    result: str | None = None
    revised_prompt: str | None = Field(default=None, max_length=8000)


def _item_kind(value: Any) -> str:
    return value.get("type", "message") if isinstance(value, dict) else ""


Item = Annotated[
    Annotated[Message, Tag("message")] | Annotated[DrawnPicture, Tag("image_generation_call")],
    Discriminator(
        _item_kind,
        custom_error_type="unsupported_item",
        custom_error_message="Only items of type message and image_generation_call are taken",
    ),
]


def _items(value: Any) -> Any:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class ImageTool(Body):
    """OpenAI's image tool. Pictures are always available here; the tool says how they are to be drawn."""

    type: Literal["image_generation"]
    size: Size = "auto"
    partial_images: int = Field(default=0, ge=0, le=3)
    output_format: OutputFormat = "png"
    output_compression: int | None = Field(default=None, ge=0, le=100)
    quality: Literal["auto"] = "auto"
    background: Literal["auto", "opaque"] = "auto"
    action: Literal["auto"] = "auto"
    model: None = None
    moderation: None = None
    input_fidelity: None = None
    input_image_mask: None = None


def _tool_choice(value: Any) -> Any:
    return "required" if value == {"type": "image_generation"} else value


class PlainText(Body):
    """The one text format there is."""

    type: Literal["text"]


class TextConfig(Body):
    """OpenAI's text options, of which only the default is taken."""

    format: PlainText | None = None


class StreamOptions(Body):
    """OpenAI's stream options; our events are never padded."""

    include_obfuscation: bool = False


class CreateResponse(Body):
    """What to answer, and how. The fields after `size` are OpenAI's that may have one value only, or none."""

    model: str | None = Field(
        default=None, description="The name under which this service is listed in /v1/models."
    )
    input: Annotated[tuple[Item, ...], BeforeValidator(_items)] = Field(
        min_length=1, description="A text, or messages and earlier output items in order."
    )
    instructions: str | None = Field(default=None, description="What the system says, for this answer only.")
    previous_response_id: str | None = Field(
        default=None, description="The answer to go on from, its pictures included."
    )
    stream: bool = False
    stream_options: StreamOptions | None = None
    background: bool = Field(default=False, description="Go on even if no client is connected.")
    store: bool = Field(default=True, description="Whether the answer can be asked for again.")
    metadata: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=512)]] | None = (
        Field(default=None, max_length=16)
    )
    max_output_tokens: int | None = Field(default=None, ge=16)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    tools: tuple[ImageTool, ...] = Field(default=(), max_length=1)
    tool_choice: Annotated[Literal["auto", "none", "required"], BeforeValidator(_tool_choice)] = "auto"

    mode: Mode = Field(
        default="auto", description="Whether to write, to draw, or both; `auto` lets the planner decide."
    )
    least_images: int | None = Field(default=None, ge=0, description="The planner may not stop before.")
    most_images: int | None = Field(default=None, ge=0, description="The planner may not draw more.")
    size: Size = Field(
        default="auto", description="Width and height in pixels; `auto` lets model or planner choose."
    )
    references: tuple[PictureId, ...] = Field(
        default=(),
        max_length=8,
        description="Images that guide every picture: `in1` is the first you sent, `img1` the first drawn.",
    )
    reference_policy: ReferencePolicy = Field(
        default="anchor",
        description="Which pictures guide one for which neither you nor the planner names any.",
    )
    seed: int | None = Field(default=None, ge=0, le=MOST_SEED, description="Same seed, same pictures.")
    delivery: Delivery = Field(
        default="b64", description="Pictures as base64 in the answer, or as URLs to fetch."
    )

    text: TextConfig | None = None
    truncation: Literal["disabled"] | None = None
    parallel_tool_calls: Literal[True] | None = None
    service_tier: Literal["auto", "default", "flex"] | None = Field(
        default=None, description="With `flex`, pictures wait for those of other requests."
    )
    include: tuple[()] | None = None
    top_logprobs: Literal[0] | None = None
    user: str | None = Field(default=None, description="Taken and not used.")
    safety_identifier: str | None = Field(default=None, description="Taken and not used.")
    prompt_cache_key: str | None = Field(default=None, description="Taken and not used.")
    conversation: None = None
    context_management: None = None
    max_tool_calls: None = None
    moderation: None = None
    prompt: None = None
    reasoning: None = None
