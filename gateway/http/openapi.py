"""`/openapi.json`, made complete: every answer that a route can give, each refusal as the problem it is, and how to send a key.

Routes say what they answer if all goes well, and what only they answer; what follows from a route's form is added here, so that no
route has to repeat it. FastAPI's own claim that a wrong request gets 422 with its validation error is not true here and is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, Field

from gateway.dialects.gemini.schemas import GoogleError
from gateway.http.layers.authentication import needs_key
from gateway.http.layers.request_id import HEADER
from gateway.http.problems import GOOGLES, Problem

REF = "#/components/schemas/{model}"
# Forms of refusals, each with its media type.
PROBLEM, GOOGLES_ERROR = ("Problem", Problem.media_type), ("GoogleError", "application/json")
METHODS = ("get", "post", "put", "patch", "delete")
KEY = "key"
KEYS = {KEY: {"type": "http", "scheme": "bearer", "description": "An API key, where the operator set any."}}
# FastAPI's claims that are not so.
UNTRUE = ("HTTPValidationError", "ValidationError")
WHY = {
    400: "A field is unknown, missing, or cannot have the value it has; `error.param` names it.",
    401: "No API key was sent, or one that is not known.",
    404: "Something that is named is not there: an answer, a file, a model.",
    408: "The body does not come.",
    409: "The first request with this Idempotency-Key is still being taken in.",
    413: "The body is larger than the gateway reads.",
    422: "This Idempotency-Key came with another request before.",
    429: "Your tenant has all that it may have, as `RateLimit` says; come back after `Retry-After` seconds.",
    500: "Something went wrong here.",
    503: "As much as can be done is under way, or a part of the system is away; come back after `Retry-After` seconds.",
}

Tree = dict[str, Any]


class ErrorObject(BaseModel):
    """The error as OpenAI's clients read it."""

    message: str = Field(description="For people: the field, the limit and what was sent.")
    type: str = Field(description="OpenAI's kind of error.")
    code: str | None = Field(description="For programs.")
    param: str | None = Field(description="The field of the request that is at fault.")


class ProblemObject(BaseModel):
    """Why a request was refused or failed: RFC 9457, with OpenAI's `error` beside it."""

    type: Literal["about:blank"] = Field(description="The status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status.")
    detail: str = Field(description="The same as `error.message`.")
    error: ErrorObject = Field(description="The same for OpenAI's clients.")


def refuses(*statuses: int, why: str | None = None, google: bool = False) -> dict[int | str, Tree]:
    """What a route adds to its `responses`: refusals with these statuses, that do not follow from its form."""
    return {
        status: _refusal(why or WHY[status], *(GOOGLES_ERROR if google else PROBLEM)) for status in statuses
    }


def complete(app: FastAPI) -> None:
    """Have the app's `/openapi.json` describe every answer."""

    def openapi() -> Tree:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes
            )
            app.openapi_schema = _completed(described)
        return app.openapi_schema

    app.openapi = openapi


def _completed(document: Tree) -> Tree:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    components["securitySchemes"] = KEYS
    for (name, _), model in ((PROBLEM, ProblemObject), (GOOGLES_ERROR, GoogleError)):
        schemas[name] = model.model_json_schema(ref_template=REF)
    for path, operation in _operations(document):
        _complete_operation(path, operation)
    _hoist(document, schemas)
    for name in UNTRUE:
        schemas.pop(name, None)
    document["paths"]["/openapi.json"] = {"get": _itself()}
    return document


def _complete_operation(path: str, operation: Tree) -> None:
    answers: Tree = operation["responses"]
    if "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    sent: list[Tree] = operation.get("parameters", [])
    takes_key = needs_key(path)
    operation["parameters"] = sent
    if takes_key:
        # The empty alternative: without keys at the operator's, everybody may ask.
        operation["security"] = [{KEY: []}, {}]
    form = GOOGLES_ERROR if GOOGLES.match(path) else PROBLEM
    for status in _statuses(operation, takes_key):
        answers.setdefault(str(status), _refusal(WHY[status], *form))
    for answer in answers.values():
        request_id = {
            "description": "The request's id, the client's own if it sent one.",
            "schema": {"type": "string"},
        }
        answer.setdefault("headers", {})[HEADER] = request_id


def _statuses(operation: Tree, takes_key: bool) -> Iterator[int]:
    """What can go wrong, by the form of the operation."""
    places = {one["in"] for one in operation["parameters"]}
    names = {one["name"].lower() for one in operation["parameters"]}
    has_body = "requestBody" in operation
    has_bound = any("maxLength" in one["schema"] for one in operation["parameters"])
    if has_body or has_bound or "query" in places or "header" in places:
        yield 400
    if takes_key:
        yield 401
        yield 429
        yield 500
        yield 503
    if has_body or "path" in places:
        yield 404
    if has_body:
        yield 408
        yield 413
    if "idempotency-key" in names:
        yield 409
        yield 422


def _refusal(why: str, form: str, media_type: str) -> Tree:
    return {"description": why, "content": {media_type: {"schema": {"$ref": REF.format(model=form)}}}}


def _itself() -> Tree:
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "tags": ["service"],
        "summary": "Openapi",
        "description": "This description.",
        "operationId": "openapi",
        "responses": {str(HTTPStatus.OK.value): {"description": "OpenAPI 3.1.", "content": content}},
    }


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, Tree]]:
    for path, item in document["paths"].items():
        yield from ((path, item[method]) for method in METHODS if method in item)


def _hoist(tree: Any, schemas: Tree) -> None:
    """Move what schemas define beside themselves to where references lead."""
    if isinstance(tree, dict):
        schemas |= tree.pop("$defs", {})
    for branch in list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        _hoist(branch, schemas)
