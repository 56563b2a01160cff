"""Why the client gives up, one class per party that must act.

    WeaverError
    ├── Unreachable           nobody answers: start a gateway, or name the right address
    ├── NotUnderstood         whoever answers does not speak as a gateway does: name the right address, or update
    ├── Broken                a stream was cut and could not be taken up again; `response_id` says where to try later
    └── Refused               the gateway says no; `status`, `code`, `field` and `request_id` say what and to whom
        ├── InvalidRequest    4xx  fix what `field` names
        ├── NotAuthenticated  401, 403  send a key that is known
        ├── NotFound          404  the id is unknown, expired, or somebody else's
        ├── Busy              429, 503  come back after `retry_after_s`
        └── GatewayFailed     5xx  the operator; `request_id` finds it in the log

An answer that failed, or lacks a picture, is no exception: it says so itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx


class WeaverError(Exception):
    """The client could not do what it was asked."""


class Unreachable(WeaverError):
    """Nobody answers at the gateway's address."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(f"No gateway answers at {url}.")


class NotUnderstood(WeaverError):
    """The other side does not speak as a gateway does."""


class Broken(WeaverError):
    """A stream was cut, and every attempt to take it up again failed."""

    def __init__(self, response_id: str) -> None:
        self.response_id = response_id
        super().__init__(f"The connection broke in the middle of {response_id} and could not be made again.")


class Refused(WeaverError):
    """The gateway does not do what it was asked."""

    def __init__(self, message: str, reply: httpx.Response, error: Mapping[str, Any]) -> None:
        self.message = message
        self.status = reply.status_code
        self.code: str | None = error.get("code")
        self.field: str | None = error.get("param")
        self.request_id = reply.headers.get("x-request-id")
        self.retry_after_s = _seconds(reply.headers.get("retry-after"))
        super().__init__(message)


class InvalidRequest(Refused):
    """The request cannot be done as it is; `field` says what is wrong with it."""


class NotAuthenticated(Refused):
    """No API key was sent, or one that is not known."""


class NotFound(Refused):
    """There is no such thing at the gateway, or no longer."""


class Busy(Refused):
    """The gateway cannot take it now; it may after `retry_after_s` seconds."""


class GatewayFailed(Refused):
    """The gateway failed at it."""


KINDS: dict[int, type[Refused]] = {
    401: NotAuthenticated,
    403: NotAuthenticated,
    404: NotFound,
    429: Busy,
    503: Busy,
}


def refusal(reply: httpx.Response) -> WeaverError:
    """What an answer that has been read, and is an error, says."""
    try:
        error = reply.json()["error"]
        message = str(error["message"])
    except (ValueError, KeyError, TypeError):
        return NotUnderstood(f"{reply.request.url} answers {reply.status_code}, but not as a gateway does.")
    other = GatewayFailed if reply.is_server_error else InvalidRequest
    return KINDS.get(reply.status_code, other)(message, reply, error)


def _seconds(header: str | None) -> float | None:
    try:
        return None if header is None else float(header)
    except ValueError:  # a date, which our gateways never send
        return None
