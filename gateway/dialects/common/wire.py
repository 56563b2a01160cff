"""What every dialect hands over to be sent: an event, a picture that stands inline in JSON, warnings, an error in OpenAI's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gateway.answer.errors import GatewayError
from gateway.answer.request import Request


@dataclass(slots=True)
class WireEvent:
    """One event as the client sees it, without a name where `type` is None. There is one for each token, so it is as cheap as may be.

    `published_at`: when a worker published the picture it brings, Unix time in seconds.
    """

    type: str | None
    data: dict[str, Any]
    published_at: float | None = None


class Inline:
    """Stands in a JSON value for the base64 of a blob, or with a media type for its data URL.

    No dataclass, which an encoder of JSON would take for an object.
    """

    __slots__ = ("blob", "media_type")

    def __init__(self, blob: str, media_type: str | None = None) -> None:
        self.blob, self.media_type = blob, media_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inline) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, str | None]:
        return self.blob, self.media_type


def warnings(request: Request) -> list[dict[str, Any]]:
    """What of a request was ignored, as every dialect tells it."""
    return [{"param": one.param or None, "message": one.message} for one in request.warnings]


def as_openai(error: GatewayError) -> dict[str, Any]:
    """The error as OpenAI's clients expect it, in bodies and in streams alike."""
    return {"message": error.message, "type": error.type, "code": error.code, "param": error.param}
