"""What happens while an answer is made, in words of the client's own; `reading` makes them of the public API's events.

Each event bears its `number`, from which a stream can be taken up again, and `item`, the place in the answer of the part it is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from weaver.client.answer import Answer, Picture, Reference


@dataclass(frozen=True, slots=True)
class _Numbered:
    number: int


@dataclass(frozen=True, slots=True)
class _ItemEvent(_Numbered):
    item: int


@dataclass(frozen=True, slots=True)
class Began(_Numbered):
    """The answer was taken in hand, under this id."""

    response_id: str
    model: str


@dataclass(frozen=True, slots=True)
class TextDelta(_ItemEvent):
    """More text."""

    text: str


@dataclass(frozen=True, slots=True)
class TextDone(_ItemEvent):
    """A run of text is whole."""

    text: str


@dataclass(frozen=True, slots=True)
class PictureOpened(_ItemEvent):
    """Here will be a picture; its description is being written."""

    id: str


@dataclass(frozen=True, slots=True)
class PictureDescribed(_ItemEvent):
    """What the picture will show. `size` is width and height in pixels, `160x96`."""

    description: str
    size: str | None
    seed: int | None


@dataclass(frozen=True, slots=True)
class PictureQueued(_ItemEvent):
    """The picture waits for a visualizer, with what will guide it."""

    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class PictureStarted(_ItemEvent):
    """A visualizer draws the picture; attempts count from 1."""

    attempt: int
    worker: str


@dataclass(frozen=True, slots=True)
class PictureProgress(_ItemEvent):
    """`step` of `of` steps are done."""

    step: int
    of: int


@dataclass(frozen=True, slots=True)
class PicturePreview(_ItemEvent):
    """A rough look at the picture so far, as a file's bytes; None if the answer delivers URLs. `index` counts from 0."""

    index: int
    data: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class PictureDone(_ItemEvent):
    """The picture is there."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class PictureFailed(_ItemEvent):
    """The picture will not come; `picture.failure` says why. The answer goes on."""

    picture: Picture


@dataclass(frozen=True, slots=True)
class Finished(_Numbered):
    """Nothing more will come; `answer.status` says how it ended."""

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
