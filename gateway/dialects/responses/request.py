"""OpenAI's `POST /v1/responses` as we take it, and history as other models and clients wrote it.

It knows the form of a request only; `accept` decides whether it can be done.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Discriminator, Field, Tag

from gateway.dialects.common.fields import (
    Absent,
    AnswerFields,
    Body,
    Detail,
    EncodingFields,
    Fidelity,
    Ignored,
    ImageRef,
    Mask,
    Moderation,
    MostOutputTokens,
    NoLikelihoods,
    Opaque,
    PlainText,
    Previews,
    Size,
    Stream,
    Unpadded,
    one_or_many,
)
from gateway.dialects.common.forgiving import LeftOut, Unsupported, Unused
from gateway.dialects.common.history import (
    FILE,
    IMAGE,
    LEFT_OUT,
    TEXT,
    OtherPart,
    as_parts,
    earlier_part_kind,
    part_kind,
)

SentBack = Annotated[Any, Field(description="Taken and not used.")]
PromptBreak = Annotated[Any, Unused("what was read before is always found again, by its text")]
OTHER_PARTS = "Only parts of type input_text, input_image and input_file are taken"


class InputText(Body):
    """A piece of text."""

    type: str = Field(default="input_text", description="`input_text`.")
    text: str = Field(description="What is said.")
    annotations: SentBack = None
    logprobs: SentBack = None
    parsed: SentBack = None
    prompt_cache_breakpoint: PromptBreak = None


class EarlierText(InputText):
    """A text of an earlier turn, or a refusal, which is one, too."""

    type: str = Field(default="output_text", description="`output_text`, `input_text` or `refusal`.")
    text: str = Field(default="", description="What was said.")
    refusal: str = Field(default="", description="What was said instead.")


def _url(value: Any) -> Any:
    return value.get("url") if isinstance(value, dict) else value


class InputImage(ImageRef):
    """An image, by URL or file id."""

    type: str = Field(default="input_image", description="`input_image`.")
    image_url: Annotated[
        str | None, BeforeValidator(_url, json_schema_input_type=str | dict[str, Any] | None)
    ] = Field(
        default=None,
        description="A data URL, or an https URL where the operator allows images to be fetched.",
    )
    detail: Detail = "auto"
    prompt_cache_breakpoint: PromptBreak = None


class InputFile(Body):
    """An image, sent before as a file, or the file itself."""

    type: str = Field(default="input_file", description="`input_file`.")
    file_id: str | None = Field(default=None, description="Its name.")
    file_data: str | None = Field(default=None, description="An image as a data URL, or its base64.")
    file_url: str | None = Field(default=None, description="As `image_url` of an image.")
    filename: str | None = Field(default=None, description="Taken and not used.")


Content = Annotated[
    Annotated[InputText, Tag(TEXT)] | Annotated[InputImage, Tag(IMAGE)] | Annotated[InputFile, Tag(FILE)],
    Discriminator(part_kind, custom_error_type="unsupported_part", custom_error_message=OTHER_PARTS),
]
EarlierContent = Annotated[
    Annotated[EarlierText, Tag(TEXT)]
    | Annotated[InputImage, Tag(IMAGE)]
    | Annotated[InputFile, Tag(FILE)]
    | Annotated[OtherPart, Tag(LEFT_OUT)],
    Discriminator(earlier_part_kind),
]


class Said(Body):
    """What messages of all roles have."""

    type: str = Field(default="message", description="`message`.")
    id: SentBack = None
    status: SentBack = None
    phase: SentBack = None


class Message(Said):
    """What the user says and shows."""

    role: Literal["user"] = Field(default="user", description="Whose turn it is.")
    content: Annotated[
        tuple[Content, ...], BeforeValidator(as_parts, json_schema_input_type=str | tuple[Content, ...])
    ] = Field(default=(), description="A text, or texts and images in order.")


class EarlierMessage(Said):
    """What the system, a developer or an earlier answer says."""

    role: Literal["assistant", "system", "developer"] = Field(description="Whose turn it is.")
    content: Annotated[
        tuple[EarlierContent, ...],
        BeforeValidator(as_parts, json_schema_input_type=str | tuple[EarlierContent, ...]),
    ] = Field(default=(), description="A text, or texts and images in order.")


class DrawnPicture(Body):
    """A picture of an earlier answer, sent back as it came, so it may hold all that we say of a picture.

    `result` is its base64; without it, `id` names a picture of ours. One that failed is passed over.
    """

    model_config = ConfigDict(extra="ignore")

    type: Literal["image_generation_call"] = Field(description="Which item this is.")
    id: str = Field(default="", description="Names a picture of ours, where there is no `result`.")
    status: str | None = Field(default=None, description="One that failed is passed over.")
    result: str | None = Field(default=None, description="The picture in base64.")
    revised_prompt: str | None = Field(
        default=None,
        max_length=8000,
        description="The picture's description, which stands for it in the text.",
    )


class ItemReference(Body):
    """An item of an earlier answer, named instead of sent back."""

    type: str = Field(default="item_reference", description="`item_reference`; an `id` alone says it, too.")
    id: str = Field(description="The item's.")


class ToolOutput(Body):
    """What a tool gave back; the planner reads it as text of the user's."""

    model_config = ConfigDict(extra="ignore")

    type: str = Field(description="Ends with `_output`.")
    name: str | None = Field(default=None, description="Which tool it was.")
    output: Any = Field(default=None, description="What it gave.")


class OtherItem(LeftOut):
    """An item of another model's answer that is neither text nor picture: a thought, a call of a tool."""

    type: Any = Field(default=None, description="Which item this is.")


def _item_kind(value: Any) -> str:
    if isinstance(value, str):
        return "message"
    if not isinstance(value, dict):
        return ""
    kind = value.get("type") or _unnamed_kind(value)
    if not isinstance(kind, str):
        return ""
    if kind == "message":
        return kind if (value.get("role") or "user") == "user" else "earlier message"
    if kind in ("image_generation_call", "item_reference"):
        return kind
    return "tool output" if kind.endswith("_output") else LEFT_OUT


def _unnamed_kind(value: dict[str, Any]) -> str:
    """The type of an item that does not name it: messages never do in the simplest form, and an id alone is a reference."""
    says = any(value.get(name) is not None for name in ("role", "content"))
    return "item_reference" if value.get("id") and not says else "message"


Item = Annotated[
    Annotated[Message, Tag("message")]
    | Annotated[EarlierMessage, Tag("earlier message")]
    | Annotated[DrawnPicture, Tag("image_generation_call")]
    | Annotated[ItemReference, Tag("item_reference")]
    | Annotated[ToolOutput, Tag("tool output")]
    | Annotated[OtherItem, Tag(LEFT_OUT)],
    Discriminator(
        _item_kind, custom_error_type="unsupported_item", custom_error_message="An item must be an object"
    ),
]


Items = Annotated[tuple[Item, ...], Field(min_length=1)]


def _items(value: Any) -> Any:
    items = value if isinstance(value, list | tuple) else [value]
    return [{"role": "user", "content": one} if isinstance(one, str) else one for one in items]


class ImageTool(EncodingFields):
    """OpenAI's image tool. Pictures are always available here; the tool says how they are to be drawn."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")
    size: Size = Field(default="auto", description="Width and height in pixels, as the answer's `size`.")
    partial_images: Previews = 0
    background: Opaque = "auto"
    action: Annotated[Any, Unused("planner and references decide what is drawn anew")] = None
    model: Annotated[Any, Unused("the pool draws with one model")] = None
    moderation: Moderation = None
    input_fidelity: Fidelity = None
    input_image_mask: Mask = None


class OtherTool(LeftOut):
    """A tool that is not here: it is not called."""

    why: ClassVar[str] = "is ignored: pictures are the one tool, and always at hand"

    type: Any = Field(default=None, description="Which tool this is.")


def _tool_kind(value: Any) -> str:
    known = isinstance(value, dict) and value.get("type") == "image_generation"
    return "image_generation" if known else LEFT_OUT


Tool = Annotated[
    Annotated[ImageTool, Tag("image_generation")] | Annotated[OtherTool, Tag(LEFT_OUT)],
    Discriminator(_tool_kind),
]


class ChosenTool(Body):
    """OpenAI's other way to say `required`."""

    type: Literal["image_generation"] = Field(description="The one tool there is.")


Choice = Literal["auto", "none", "required"]


def _tool_choice(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kind = value.get("type")
    return "required" if kind == "image_generation" else kind if kind in ("auto", "none") else value


class TextConfig(Body):
    """OpenAI's text options, of which only the default is taken."""

    format: PlainText | None = Field(default=None, description="How the text is written.")
    verbosity: Annotated[Any, Unused("the planner writes as it was asked to", neutral=("medium",))] = None


class Reasoning(Body):
    """How hard a planner that can think does."""

    effort: str | None = Field(default=None, description="`none` and `minimal` are not at all.")
    summary: Annotated[Any, Unused("thoughts are not told", neutral=("concise", "detailed"))] = None
    generate_summary: Annotated[Any, Unused("thoughts are not told", neutral=("concise", "detailed"))] = None


class StreamOptions(Body):
    """OpenAI's stream options; our events are never padded."""

    include_obfuscation: Unpadded = False


class CreateResponse(AnswerFields):
    """What to answer, and how. The fields after `tool_choice` are OpenAI's that may have one value only, or none."""

    input: Annotated[Items, BeforeValidator(_items, json_schema_input_type=str | Items)] = Field(
        description="A text, or messages and earlier output items in order."
    )
    instructions: str | None = Field(default=None, description="What the system says, for this answer only.")
    previous_response_id: str | None = Field(
        default=None, description="The answer to go on from, its pictures included."
    )
    stream: Stream = False
    stream_options: StreamOptions | None = Field(default=None, description="OpenAI's, of no effect here.")
    background: bool = Field(default=False, description="Go on even if no client is connected.")
    max_output_tokens: MostOutputTokens = None
    tools: Annotated[
        tuple[Tool, ...], BeforeValidator(one_or_many, json_schema_input_type=tuple[Tool, ...])
    ] = Field(default=(), description="How pictures are drawn; they may be without it, too.")
    tool_choice: Annotated[
        Choice, BeforeValidator(_tool_choice, json_schema_input_type=Choice | ChosenTool)
    ] = Field(default="auto", description="`none` writes only, `required` draws at least one picture.")

    reasoning: Reasoning = Field(default=Reasoning(), description="Whether the planner thinks.")
    text: TextConfig | None = Field(default=None, description="OpenAI's text options.")
    truncation: Annotated[Any, Unused("what is too long is refused, never cut")] = None
    include: Annotated[Any, Unused("all that there is to tell is included already")] = None
    top_logprobs: NoLikelihoods = None
    conversation: Annotated[None, Unsupported("go on by `previous_response_id`")] = None
    context_management: Ignored = None
    max_tool_calls: Annotated[Any, Unused("`most_images` counts pictures")] = None
    moderation: Moderation = None
    prompt: Absent = None
