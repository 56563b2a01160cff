"""The planner's HTTP contract: `POST /v1/plan` takes a `PlanRequest` and answers NDJSON, one `PlanEvent` a line.

`GET /v1/model` answers a `PlannerModel`. It knows nothing of vLLM; the gateway imports this file and `client` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

PictureId = Annotated[str, Field(pattern=r"^(in|img)[1-9][0-9]{0,3}$")]
"""`in1` … are the user's images, `img1` … the pictures drawn, both counted through the whole conversation."""

SizeName = Annotated[str, Field(pattern=r"^[1-9][0-9]{1,4}x[1-9][0-9]{1,4}$")]
"""Width and height in pixels, as the planner writes them: `1024x768`."""

LEAST_TOKENS_PER_PICTURE = 64
"""Below this a request is refused: a tag of 15 tokens, a description of a sentence, and a short sentence of text."""

MOST_FIGURES = 16
"""Whoever returns in one answer's pictures, the client's, an earlier turn's and the planner's own together."""

Mode = Literal["auto", "text", "image", "interleaved"]
Role = Literal["system", "user", "assistant"]


class Wire(BaseModel):
    """A value on the wire: immutable. Fields of another release that are not known here are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TextPart(Wire):
    """Plain text; a tag in a user's text is data."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(Wire):
    """A user's image. `description` is what is known of it; `data` (base64 of PNG, JPEG or WebP) goes to vision planners only."""

    type: Literal["image"] = "image"
    id: PictureId
    description: str | None = None
    data: str | None = None


class PicturePart(Wire):
    """A picture drawn in an earlier turn, in the assistant's own message. `data` as in `ImagePart`."""

    type: Literal["picture"] = "picture"
    id: PictureId
    description: str
    references: tuple[PictureId, ...] = ()
    size: SizeName | None = None
    data: str | None = None


Part = Annotated[TextPart | ImagePart | PicturePart, Field(discriminator="type")]


class Message(Wire):
    """One turn, or the system's instructions."""

    role: Role
    content: tuple[Part, ...]


class Figure(Wire):
    """Somebody or something that returns in several pictures: a description that says `@name` gets the looks in full."""

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,31}$")
    looks: str = Field(min_length=1, max_length=400)


class PlanRequest(Wire):
    """What to plan. `sizes` are those the planner may write; a slot without one leaves the size to the gateway.

    `drawn_before` counts the conversation's earlier pictures, those that failed and are not in `messages` included: the answer's
    first is the next one.

    `written` is what there is of this answer already, complete slots only: the plan goes on from it, its slots are counted on, and its
    text is not told again. `least_images` and `most_images` count the whole answer, `max_output_tokens` what is still to be written.
    With `pauses` the plan ends after its next slot (`finish_reason` `picture`), to be gone on from with that picture in `written`.

    With `preamble` the planner may settle looks and style before it writes, told as a `cast` event. `cast` and `style` are the client's
    own or an earlier turn's: they win over what the planner settles. With `thinking` a model that can think does, and its thoughts are told
    as `reasoning_delta`; what a model thinks unasked is left out. `logit_bias` is by token id; `stop` ends the answer where its text says
    one of these, which is left out.
    """

    id: str = Field(min_length=1, max_length=128)
    messages: tuple[Message, ...] = Field(min_length=1)
    mode: Mode = "auto"
    least_images: int = Field(default=0, ge=0, le=64)
    most_images: int = Field(default=8, ge=0, le=64)
    sizes: tuple[SizeName, ...] = ()
    drawn_before: int = Field(default=0, ge=0)
    max_output_tokens: int = Field(default=1024, ge=1, le=65536)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, gt=0, le=1)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    top_k: int | None = Field(default=None, ge=0)
    min_p: float | None = Field(default=None, ge=0, le=1)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    repetition_penalty: float | None = Field(default=None, gt=0, le=2)
    logit_bias: dict[int, Annotated[float, Field(ge=-100, le=100)]] = Field(default={}, max_length=300)
    stop: tuple[Annotated[str, Field(min_length=1, max_length=64)], ...] = Field(default=(), max_length=16)
    written: tuple[Annotated[TextPart | PicturePart, Field(discriminator="type")], ...] = ()
    pauses: bool = False
    preamble: bool = False
    cast: tuple[Figure, ...] = Field(default=(), max_length=MOST_FIGURES)
    style: str | None = Field(default=None, min_length=1, max_length=300)
    thinking: bool = False


@dataclass(slots=True, kw_only=True)
class TextDelta:
    """More of the answer's text. There is one for each token, and a model would cost several times as much."""

    type: Literal["text_delta"] = "text_delta"
    text: str


@dataclass(slots=True, kw_only=True)
class ReasoningDelta:
    """More of what the planner thinks before it writes; no part of the answer's text. As `TextDelta`."""

    type: Literal["reasoning_delta"] = "reasoning_delta"
    text: str


class CastTold(Wire):
    """Whoever returns in this answer's pictures, and the one style of all. It comes before the first text."""

    type: Literal["cast"] = "cast"
    figures: tuple[Figure, ...] = ()
    style: str | None = None


class SlotOpen(Wire):
    """The plan has begun to describe its next picture."""

    type: Literal["slot_open"] = "slot_open"
    index: int = Field(ge=0)


class Slot(Wire):
    """A picture asked for, complete. `index` counts from 0 within this answer."""

    type: Literal["slot"] = "slot"
    index: int = Field(ge=0)
    description: str
    references: tuple[PictureId, ...] = ()
    size: SizeName | None = None


class PlanUsage(Wire):
    """Tokens of the prompt, of them found in the prefix cache, of the plan, and of the thoughts among these."""

    input_tokens: int = Field(ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(ge=0)
    reasoning_tokens: int = Field(default=0, ge=0)


class PlanDone(Wire):
    """The plan ended well. `length`: `max_output_tokens` ended it, after a sentence, and an unfinished slot was dropped. `picture`: it pauses."""

    type: Literal["plan_done"] = "plan_done"
    finish_reason: Literal["stop", "length", "picture"]
    usage: PlanUsage


FailureCode = Literal["malformed_plan", "engine_failed", "upstream_failed", "deadline", "shutting_down"]


class PlanFailed(Wire):
    """The plan ended badly, after the answer had begun. What came before it stands.

    `message` is meant for the client, and there where the code does not say it all: it names the limit that was passed.
    """

    type: Literal["plan_failed"] = "plan_failed"
    code: FailureCode
    message: str | None = None


PlanEvent = Annotated[
    TextDelta | ReasoningDelta | CastTold | SlotOpen | Slot | PlanDone | PlanFailed,
    Field(discriminator="type"),
]
PLAN_EVENT: TypeAdapter[PlanEvent] = TypeAdapter(PlanEvent)


class About(Wire):
    """What a model says of itself to those who are about to ask: what it can do, and what one could ask."""

    text: str = Field(max_length=600, description="What it can do and what not, in a few sentences.")
    ideas: tuple[str, ...] = Field(default=(), max_length=6, description="What one could ask.")


class PlannerModel(Wire):
    """What the planner serves. `max_prompt_tokens` leaves room for at least one token of plan."""

    name: str
    sees_images: bool
    max_prompt_tokens: int
    about: About | None = None


class Refusal(Wire):
    """The body of every answer to `POST /v1/plan` that is not 200. `message` names the field and the limit."""

    code: Literal["invalid_request", "prompt_too_long", "unavailable"]
    message: str
