"""The public API as a Python library: `Weaver` and its asynchronous twin. It needs httpx and pydantic, nothing of the server."""

from weaver.client.answer import Answer, Failure, Picture, Reference, Text
from weaver.client.asynchronous import AsyncStream, AsyncWeaver
from weaver.client.drawing import DrawnPicture, DrawOptions
from weaver.client.errors import (
    Broken,
    Busy,
    GatewayFailed,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotUnderstood,
    Refused,
    Unreachable,
    WeaverError,
)
from weaver.client.events import (
    Began,
    Event,
    Finished,
    PictureDescribed,
    PictureDone,
    PictureFailed,
    PictureOpened,
    PicturePreview,
    PictureProgress,
    PictureQueued,
    PictureStarted,
    TextDelta,
    TextDone,
)
from weaver.client.listing import ListedAnswer
from weaver.client.models import Model
from weaver.client.request_body import AskOptions
from weaver.client.status import Status
from weaver.client.synchronous import Stream, Weaver

__all__ = [
    "Answer",
    "AskOptions",
    "AsyncStream",
    "AsyncWeaver",
    "Began",
    "Broken",
    "Busy",
    "DrawOptions",
    "DrawnPicture",
    "Event",
    "Failure",
    "Finished",
    "GatewayFailed",
    "InvalidRequest",
    "ListedAnswer",
    "Model",
    "NotAuthenticated",
    "NotFound",
    "NotUnderstood",
    "Picture",
    "PictureDescribed",
    "PictureDone",
    "PictureFailed",
    "PictureOpened",
    "PicturePreview",
    "PictureProgress",
    "PictureQueued",
    "PictureStarted",
    "Reference",
    "Refused",
    "Status",
    "Stream",
    "Text",
    "TextDelta",
    "TextDone",
    "Unreachable",
    "Weaver",
    "WeaverError",
]
