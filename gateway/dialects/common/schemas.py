"""What answers of several dialects hold, as models: they describe answers in `/openapi.json`, and tests hold answers against them.

Answers are not made of them: pictures are spliced in as bytes on the way out (`gateway/http/splice.py`).
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from gateway.answer.references import ChosenBy
from visualizer_service.wire import Timings


class Object(BaseModel):
    """A JSON object of an answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureReference(Object):
    """An image that guides a picture."""

    id: str = Field(description="Its name in the conversation: `in1` was sent first, `img1` drawn first.")
    chosen_by: ChosenBy = Field(description="Who wanted it.")


class PictureError(Object):
    """Why a picture will not come."""

    code: str = Field(description="For programs: `deadline`, `rejected`, `no_memory`, `poisoned` …")
    message: str = Field(description="For people.")
    type: Literal["server_error"] = Field(description="OpenAI's kind of error.")
    param: None = Field(description="No field of the request is at fault.")


class PictureWarning(Object):
    """Something that is wrong with a picture by its looks alone."""

    code: Literal["repeated", "collage"] = Field(description="For programs.")
    message: str = Field(description="For people.")


class PictureDraft(Object):
    """A picture as it was drawn once, and what the critic said of it."""

    description: str = Field(description="What it was drawn from, or how that begins.")
    seed: int = Field(description="And with which seed.")
    good: bool | None = Field(description="Null where the critic was not heard.")
    wrong: str | None = Field(description="What is wrong, or why the critic was not heard.")
    score: float | None = Field(description="Out of 10, where the critic says it.")
    seconds: float = Field(description="How long judging took.")
    shown: bool = Field(description="It is the one that stands.")


class AboutPicture(Object):
    """What is known of a picture so far, in every dialect."""

    picture: str = Field(description="Its name in the conversation, for references in later turns.")
    description: str | None = Field(description="What it shows, as it was drawn; use it as the alt text.")
    references: tuple[PictureReference, ...] = Field(description="Images that guide it.")
    missing_references: tuple[str, ...] = Field(description="Images that were to guide it and could not.")
    seed: int | None = Field(description="The same seed and description draw the same picture.")
    width: int | None = Field(description="In pixels.")
    height: int | None = Field(description="In pixels.")
    steps: int | None = Field(description="Denoising steps taken.")
    file_id: str | None = Field(description="Its name in /v1/files, once it is drawn.")
    url: str | None = Field(description="A signed link to it, with `delivery` url.")
    model: str | None = Field(description="The model that drew it.")
    worker: str | None = Field(description="The worker that drew it.")
    simulated: bool = Field(description="No model drew it; it is a placeholder.")
    timings: Timings | None = Field(description="When it was drawn.")
    warnings: tuple[PictureWarning, ...] = Field(description="What is wrong with it by its looks alone.")
    drafts: tuple[PictureDraft, ...] = Field(description="With `feedback` critic, each time it was drawn.")


class DrawingUsage(Object):
    """What was drawn."""

    images: int = Field(description="Pictures drawn.")
    pixels: int = Field(description="Their pixels.")
    drawing_seconds: float = Field(description="How long workers drew them, all added up.")
    gpu_seconds: float = Field(
        description="Device time of all pictures, those that failed or were cancelled included; shared where they were drawn side by side."
    )


class Deleted(Object):
    """Something that is no more."""

    id: str = Field(description="What it was called.")
    object: Literal["response", "file", "share"] = Field(description="What it was.")
    deleted: Literal[True] = Field(description="It is gone.")


class RequestWarning(Object):
    """Something of the request that was ignored."""

    param: str | None = Field(description="The field.")
    message: str = Field(description="Why, for people.")


class ServerSentEvent(Object):
    """One event of a stream."""

    event: str = Field(default="message", description="Its kind, where the dialect names kinds.")
    data: str = Field(description="JSON, or what ends the stream.")


def events(what: str) -> dict[str, Any]:
    """The content of an answer that is streamed; `what` describes the events."""
    return {"text/event-stream": {"schema": ServerSentEvent.model_json_schema() | {"description": what}}}


def answers(model: type[BaseModel], stream: str) -> dict[int | str, dict[str, Any]]:
    """What a route that answers whole or streamed says of its answers; `stream` describes the events."""
    return {200: {"model": model, "description": "The answer.", "content": events(stream)}}
