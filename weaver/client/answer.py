"""An answer as the client has it: text and pictures in order, with all that is known of each.

It is read from the response object of the public API. What becomes a file name or a link is checked here, for it comes from outside.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from pydantic import TypeAdapter

from weaver.client.timeline import Timeline

Status = Literal["in_progress", "completed", "incomplete", "failed", "cancelled"]
TIMELINE: TypeAdapter[Timeline] = TypeAdapter(Timeline)
PICTURE_ID = re.compile(r"img[0-9]{1,6}")
FORMATS = ("png", "webp", "jpeg")


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """An image that guided a picture: `in1` is the first that was sent, `img1` the first drawn. `chosen_by` whom."""

    id: str
    chosen_by: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something did not come."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of an answer.

    `data` is the file's bytes, in `format`; None if the picture did not come, or not yet, or was delivered as a URL. `file_id` fetches it.
    `timings` are Unix times in seconds.
    """

    id: str
    description: str
    references: tuple[Reference, ...]
    missing_references: tuple[str, ...]
    seed: int | None
    width_px: int | None
    height_px: int | None
    format: str
    model: str | None
    worker: str | None
    simulated: bool
    timings: Mapping[str, float] | None
    failure: Failure | None
    file_id: str | None
    data: bytes | None = field(repr=False)


Part = Text | Picture


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: `parts` in order. `usage` counts tokens, `timeline` says when what happened; both come with the end.

    `created_at` is Unix time in seconds; `failure` says why the status is `failed`.
    """

    id: str
    status: Status
    model: str
    created_at: int
    seed: int
    parts: tuple[Part, ...]
    usage: Mapping[str, Any] | None
    timeline: Timeline | None
    failure: Failure | None

    @property
    def text(self) -> str:
        """All of the text."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures, in order, those that failed included."""
        return tuple(part for part in self.parts if isinstance(part, Picture))

    @property
    def undelivered(self) -> tuple[str, ...]:
        """The files of pictures that are drawn, but came without their bytes."""
        return tuple(
            picture.file_id
            for picture in self.pictures
            if picture.file_id is not None and picture.data is None
        )

    def with_files(self, files: Mapping[str, bytes]) -> Answer:
        """The same answer with the bytes of its undelivered pictures, by file."""
        return replace(self, parts=tuple(_with_file(part, files) for part in self.parts))


def answer(response: Mapping[str, Any]) -> Answer:
    """Read a response object.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return Answer(
        id=response["id"],
        status=cast(Status, response["status"]),
        model=response["model"],
        created_at=response["created_at"],
        seed=response["seed"],
        # Thoughts are no part of what is read, shown or exported.
        parts=tuple(_part(item) for item in response["output"] if item["type"] != "reasoning"),
        usage=response["usage"],
        timeline=response["timeline"] and TIMELINE.validate_python(response["timeline"]),
        failure=_failure(response["error"]),
    )


def picture(item: Mapping[str, Any]) -> Picture:
    """Read an output item that is a picture; raises as `answer`."""
    return Picture(
        id=_checked_id(item["picture"]),
        description=item["description"] or "",
        references=tuple(Reference(used["id"], used["chosen_by"]) for used in item["references"]),
        missing_references=tuple(item["missing_references"]),
        seed=item["seed"],
        width_px=item["width"],
        height_px=item["height"],
        format=_checked_format(item["output_format"]),
        model=item["model"],
        worker=item["worker"],
        simulated=item["simulated"],
        timings=item["timings"],
        failure=_failure(item["error"]),
        file_id=item["file_id"],
        data=item["result"] and base64.b64decode(item["result"], validate=True),
    )


def _part(item: Mapping[str, Any]) -> Part:
    if item["type"] == "image_generation_call":
        return picture(item)
    return Text("".join(part["text"] for part in item["content"]))


def _with_file(part: Part, files: Mapping[str, bytes]) -> Part:
    if isinstance(part, Text) or part.file_id is None:
        return part
    return replace(part, data=files.get(part.file_id, part.data))


def _failure(error: Mapping[str, Any] | None) -> Failure | None:
    return Failure(error["code"] or "internal", error["message"] or "") if error else None


def _checked_id(name: str) -> str:
    if not PICTURE_ID.fullmatch(name):
        raise ValueError("a picture's id is not one")
    return name


def _checked_format(name: str) -> str:
    if name not in FORMATS:
        raise ValueError("a picture's format is unknown")
    return name
