"""What is told while an answer is made, in words of the client's own; `reading` makes them of the public API's.

Each event bears its `number`, from which a stream can be taken up again, and `item`, the place in the answer of the part it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from weaver.client.answer import Answer, Picture, Reference


@dataclass(frozen=True, slots=True)
class Began:
    """The answer was taken in hand, under this id."""

    number: int
    response_id: str
    model: str


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text."""

    number: int
    item: int
    text: str


@dataclass(frozen=True, slots=True)
class TextDone:
    """A run of text is whole."""

    number: int
    item: int
    text: str


@dataclass(frozen=True, slots=True)
class PictureOpened:
    """Here will be a picture; its description is being written."""

    number: int
    item: int
    id: str


@dataclass(frozen=True, slots=True)
class PictureDescribed:
    """What the picture will show. `size` is width and height in pixels, `160x96`."""

    number: int
    item: int
    description: str
    size: str | None
    seed: int | None


@dataclass(frozen=True, slots=True)
class PictureQueued:
    """The picture waits for a visualizer, with what will guide it."""

    number: int
    item: int
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class PictureStarted:
    """A visualizer draws the picture; attempts count from 1."""

    number: int
    item: int
    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class PictureProgress:
    """`step` of `of` steps are done."""

    number: int
    item: int
    step: int
    of: int


@dataclass(frozen=True, slots=True)
class PicturePreview:
    """A rough look at the picture so far, as a file's bytes; None if the answer delivers URLs. `index` counts from 0."""

    number: int
    item: int
    index: int
    data: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PictureDone:
    """The picture is there."""

    number: int
    item: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class PictureFailed:
    """The picture will not come; `picture.failure` says why. The answer goes on."""

    number: int
    item: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing more will come; `answer.status` says how it ended."""

    number: int
    answer: Answer


Event = (
    Began
    | TextDelta
    | TextDone
    | PictureOpened
    | PictureDescribed
    | PictureQueued
    | PictureStarted
    | PictureProgress
    | PicturePreview
    | PictureDone
    | PictureFailed
    | Finished
)
