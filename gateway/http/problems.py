"""Errors as HTTP bodies: RFC 9457 problem details that carry OpenAI's `error` member, so that either kind of client reads them; where
Google's API is spoken, in Google's form.

It knows FastAPI and pydantic; what went wrong, and with which status, stands in `errors`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from gateway.answer.errors import (
    FOREIGN,
    AnswerFailed,
    GatewayError,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    named,
)
from gateway.dialects.common.wire import as_openai
from gateway.dialects.gemini.errors import as_google
from gateway.http.layers.request_id import HEADER, REQUEST_ID

# Where Google's API is spoken.
GOOGLES = re.compile(
    r"/v1beta/|/upload|/v1/models/[^/]+:(generateContent|streamGenerateContent|countTokens)$"
)
PROMPT_FIELDS = {
    "/v1/responses": "input",
    "/v1/chat/completions": "messages",
    "/v1/ui-messages": "messages",
    "/v1/images/generations": "prompt",
    "/v1/images/edits": "prompt",
}
# Sent values longer than this are described by their length only.
MOST_ECHOED = 40
# Of the name of a field, which may be one that was made up.
MOST_NAMED = 200
CODES = {
    "json_invalid": "invalid_json",
    "extra_forbidden": "unknown_parameter",
    "none_required": "unsupported_parameter",
    "unsupported": "unsupported_parameter",
    "missing": "missing_required_parameter",
}


class Problem(JSONResponse):
    """An error's body and headers."""

    media_type = "application/problem+json"

    def __init__(self, error: GatewayError) -> None:
        super().__init__(problem(error), status_code=error.status, headers=_headers(error))

    def render(self, content: Any) -> bytes:
        """In ASCII, for what was sent and is said again may be no text at all."""
        return json.dumps(content, separators=(",", ":")).encode()


class _Google(Problem):
    media_type = "application/json"

    def __init__(self, error: GatewayError) -> None:
        JSONResponse.__init__(self, as_google(error), error.status, _headers(error))


def refusal(path: str, error: GatewayError) -> JSONResponse:
    """The answer to a request for this path that failed, in the form that whoever asks there reads."""
    if GOOGLES.match(path):
        return _Google(error)
    return Problem(error)


async def refuse(error: GatewayError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request that a layer around the routes refuses; it is counted as theirs are."""
    scope["app"].state.container.meter.refused(error.code)
    await refusal(scope["path"], error)(scope, receive, send)


def problem(error: GatewayError) -> dict[str, Any]:
    """The error as an object; its member `error` says the same again as OpenAI's clients expect it."""
    return {
        "type": "about:blank",
        "title": _title(error.status),
        "status": error.status,
        "detail": error.message,
        "error": as_openai(error),
    }


def _title(status: int) -> str:
    """The status in words; one that no standard has is in use all the same."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Client Closed Request"


def _headers(error: GatewayError) -> dict[str, str]:
    headers = {}
    if error.retry_after_s is not None:
        headers["retry-after"] = str(max(1, round(error.retry_after_s)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = error.allow
    if error.status == HTTPStatus.REQUEST_TIMEOUT:
        headers["connection"] = "close"  # RFC 9110, 15.5.9: whoever is so slow is not waited for
    if isinstance(error, AnswerFailed):
        headers["x-should-retry"] = "false"  # OpenAI's clients would have it all made again by themselves
    return headers


def answer_with_problems(app: FastAPI, refused: Callable[[str], None]) -> None:
    """Let every failure of a route, and every request that reaches none, answer with a problem; `refused` gets its code."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        failure = as_gateway_error(request, error)
        refused(failure.code)
        # Not `request.url`: it takes a `?` that was sent as %3F for the end of the path.
        response = refusal(request.scope["path"], failure)
        # The answer to what nobody expected is sent from outside all other layers.
        response.headers[HEADER] = REQUEST_ID.get()
        return response

    # Starlette hands `Exception` to its outermost layer, which answers and then raises again for the server's log.
    for kind in (GatewayError, *FOREIGN, RequestValidationError, HTTPException, Exception):
        app.add_exception_handler(kind, answer)


def as_gateway_error(request: Request, error: Exception) -> GatewayError:
    """Say what a route, or the search for one, raised in the gateway's own terms."""
    match error:
        case RequestValidationError():
            return invalid(error.errors(), error.body)
        case HTTPException(__cause__=GatewayError() as cause):
            return cause  # FastAPI hides what went wrong while it read the body
        case HTTPException(status_code=404):
            return NotFound(f"There is nothing at {request.url.path}.", code="unknown_url")
        case HTTPException(status_code=405):
            refused = MethodNotAllowed()
            refused.allow = _allowed(request)
            refused.message = (
                f"{request.url.path} takes {refused.allow or 'another method'}, not {request.method}."
            )
            return refused
        case HTTPException(status_code=400):
            return InvalidRequest(
                "The body could not be read as the content type it claims.", code="invalid_body"
            )
    return named(error, prompt_field(request.scope["path"]))


def prompt_field(path: str) -> str | None:
    """The field of requests for this path that holds what is asked; None where there is none."""
    return "contents" if GOOGLES.match(path) else PROMPT_FIELDS.get(path)


def _allowed(request: Request) -> str:
    """The methods of all routes like the first one with this path; Starlette itself tells those of the first one only."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    there = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    alike = [route for route in there if route.path == there[0].path]
    methods = {method for route in alike for method in route.methods or ()}
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


def invalid(errors: Sequence[Mapping[str, Any]], sent: object) -> InvalidRequest:
    """Turn pydantic's findings into one error: the first finding in words, and how many more there are.

    Args:
        errors: as pydantic lists them, not empty; locations begin with `body`, `query`, `path` or `header`.
        sent: the parsed body, which tells the client's own field names from pydantic's names of union members.
    """
    first = errors[0]
    where, *path = first["loc"]
    kind: str = first["type"]
    param = _param(path, sent) if where == "body" else ".".join(map(str, path))
    if kind == "json_invalid":
        return InvalidRequest(f"The body is not valid JSON: {first['ctx']['error']}.", code=CODES[kind])
    if kind == "model_attributes_type" and not param:
        return InvalidRequest(
            "The body must be a JSON object, sent as application/json.", code="invalid_json"
        )
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    return InvalidRequest(
        _words(first, param) + more, code=CODES.get(kind, "invalid_value"), param=param or None
    )


def _words(error: Mapping[str, Any], param: str) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"Unknown field `{param}`."
        case "none_required":
            return f"`{param}` is not supported here; leave it out."
        case "unsupported":
            return f"`{param}` {error['msg']}; leave it out."
        case "missing":
            return f"`{param}` is required."
        case "value_error":
            return f"`{param}`: {error['ctx']['error']}"
    if not param:
        return f"{error['msg']}."
    return f"`{param}`: {error['msg']}{_sent(error.get('input'))}."


def _sent(value: object) -> str:
    match value:
        case bool() | int() | float():
            return f"; got {value}"
        case str() if len(value) <= MOST_ECHOED:
            return f'; got "{value}"'
        case str():
            return f"; got {len(value)} characters"
        case list() | tuple():
            return f"; got {len(value)} items"
        case dict():
            return f"; got {len(value)} entries"
    return ""


def _param(path: Sequence[str | int], sent: object) -> str:
    """Spell a location as the client would, `input[0].content[1].image_url`, skipping the names of union members."""
    spelled = ""
    for depth, step in enumerate(path):
        if isinstance(sent, list) and isinstance(step, int) and step < len(sent):
            spelled, sent = f"{spelled}[{step}]", sent[step]
        elif isinstance(sent, Mapping) and step in sent:
            spelled, sent = f"{spelled}.{str(step)[:MOST_NAMED]}", sent[step]
        elif isinstance(sent, Mapping) and depth == len(path) - 1:
            spelled += f".{str(step)[:MOST_NAMED]}"
    return spelled.removeprefix(".")[:MOST_NAMED]
