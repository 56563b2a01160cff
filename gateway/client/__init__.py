"""The public API as a Python library: `Weaver` and its asynchronous twin. It needs httpx and pydantic, nothing of the server."""

from gateway.client.answer import Answer, Failure, Picture, Reference, Text
from gateway.client.asynchronous import AsyncStream, AsyncWeaver
from gateway.client.errors import (
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
from gateway.client.events import (
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
from gateway.client.models import Model
from gateway.client.question import How
from gateway.client.synchronous import Stream, Weaver
from gateway.status import Status

__all__ = [
    "Answer",
    "AsyncStream",
    "AsyncWeaver",
    "Began",
    "Broken",
    "Busy",
    "Event",
    "Failure",
    "Finished",
    "GatewayFailed",
    "How",
    "InvalidRequest",
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
