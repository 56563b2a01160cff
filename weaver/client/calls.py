"""Everything that can be asked of a gateway in one request and one reply, said once for both kinds of client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx

from weaver.client.answer import Answer, answer
from weaver.client.drawing import DrawnPicture, DrawOptions, drawing_body, drawing_path, drawn_picture
from weaver.client.errors import NotUnderstood, refusal
from weaver.client.listing import ListedAnswer, listed_answer
from weaver.client.models import Model, model
from weaver.client.status import Status

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request in httpx's terms, and how to read the reply to it."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    more: dict[str, Any] = field(default_factory=dict)

    def outcome(self, reply: httpx.Response) -> T:
        """What the reply, which has been read, says.

        Raises:
            Refused: it is a refusal.
            NotUnderstood: it is not a gateway's.
        """
        if not reply.is_success:
            raise refusal(reply)
        try:
            return self.read(reply)
        except (LookupError, TypeError, ValueError) as error:
            raise NotUnderstood(f"{reply.request.url} does not answer as a gateway does.") from error


def response_path(response_id: str) -> str:
    """Where a response is."""
    return f"/v1/responses/{quote(response_id, safe='')}"


def retrieve(response_id: str) -> Call[Answer]:
    """A response as it is now."""
    return Call("GET", response_path(response_id), lambda reply: answer(reply.json()))


def cancel(response_id: str) -> Call[Answer]:
    """Make no more of a response."""
    return Call("POST", f"{response_path(response_id)}/cancel", lambda reply: answer(reply.json()))


def listed(limit: int, after: str | None) -> Call[tuple[ListedAnswer, ...]]:
    """The answers that are kept, newest first."""
    params = {"limit": limit} | ({} if after is None else {"after": after})
    return Call("GET", "/v1/responses", _listed, {"params": params})


def _listed(reply: httpx.Response) -> tuple[ListedAnswer, ...]:
    return tuple(listed_answer(one) for one in reply.json()["data"])


def draw(description: str, options: DrawOptions) -> Call[DrawnPicture]:
    """Draw one picture."""
    body = {"json": drawing_body(description, options)}
    return Call("POST", drawing_path(options), lambda reply: drawn_picture(reply.json()), body)


def upload(image: Path | bytes) -> Call[str]:
    """Keep an image for use in questions; the outcome is its id."""
    name, data = (image.name, image.read_bytes()) if isinstance(image, Path) else ("image", image)
    form = {"files": {"file": (name, data, "application/octet-stream")}, "data": {"purpose": "vision"}}
    return Call("POST", "/v1/files", lambda reply: str(reply.json()["id"]), form)


def content(file_id: str) -> Call[bytes]:
    """A file's bytes."""
    return Call("GET", f"/v1/files/{quote(file_id, safe='')}/content", lambda reply: reply.content)


def models() -> Call[tuple[Model, ...]]:
    """What is served."""
    return Call("GET", "/v1/models", lambda reply: tuple(model(one) for one in reply.json()["data"]))


def status() -> Call[Status]:
    """How everything is."""
    return Call("GET", "/v1/status", lambda reply: Status.model_validate_json(reply.content))
