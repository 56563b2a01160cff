"""Knows whose request it is before a byte of its body is read, as plain ASGI, so that nobody without a key can have work done.

What was found stands in `scope["state"]` as `tenant` and `caller`, and in `CALLER`; a route that asks for a tenant where none was found
fails closed. The address of an announced upload stands in the place of the key that announced it; the file is there as `announced`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answer.errors import STORE_ERRORS, NotAuthenticated, StoreUnavailable, named
from gateway.http.problems import refuse
from gateway.store.uploads import expected
from gateway.tenants.caller import CALLER, Caller
from telemetry.logs import bind

# Everything else is for whoever comes: health, this API's description, the studio's pages.
KEYED = re.compile(r"/v1/|/v1beta/|/upload/|/mcp$")
# Asks for the operator's own key, where there is one; else nothing is there.
OPERATORS = re.compile(r"/v1/admin(/|$)")
# Where an announced file is sent; the clients that send it bring no key there.
UPLOAD = re.compile(r"/uploads/([^/]+)")
# A link to a picture carries a signature in the place of a key; the route checks it.
LINK = re.compile(r"/v1/files/[^/]+/content")
SIGNATURE = re.compile(rb"(?:^|&)(?:signature|expires)=")
# As the clients of OpenAI, Anthropic, Azure and Google send their keys.
KEY_HEADERS = (b"x-api-key", b"api-key", b"x-goog-api-key")
KEY_PARAMETER = re.compile(rb"(?:^|&)key=([^&]+)")


class Authentication:
    """Answers 401 to a request whose path asks for a key and that brings none that is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its tenant known."""
        try:
            await _identify(scope)
        except (NotAuthenticated, StoreUnavailable, *STORE_ERRORS) as error:
            await refuse(named(error), scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _identify(scope: Scope) -> None:
    """Raises NotAuthenticated, StoreUnavailable and what Redis raises."""
    # Requests of one task, as a client within the process sends them, must not count as each other's.
    CALLER.set(None)
    if scope["type"] != "http" or _is_signed_link(scope):
        return
    if OPERATORS.match(scope["path"]):
        if scope["app"].state.container.keys.is_operator(sent_keys(scope)):
            scope.setdefault("state", {})["is_operator"] = True
    elif upload := UPLOAD.fullmatch(scope["path"]):
        announced = await expected(scope["app"].state.container.redis, upload[1])
        scope.setdefault("state", {})["announced"] = announced
        if announced is not None:
            bind(tenant=announced.tenant, key=announced.key)
            _calls(scope, Caller(announced.tenant, announced.key, announced.limits))
    elif needs_key(scope["path"]):
        _calls(scope, await scope["app"].state.container.keys.caller(sent_keys(scope)))


def _calls(scope: Scope, caller: Caller) -> None:
    scope.setdefault("state", {}).update(tenant=caller.tenant, caller=caller)
    CALLER.set(caller)


def needs_key(path: str) -> bool:
    """Whether a key is asked for there, where the operator set any."""
    return KEYED.match(path) is not None and OPERATORS.match(path) is None


def sent_keys(scope: Scope) -> Iterator[str]:
    """Every key that a request brings, wherever clients put theirs, the usual place first."""
    headers = dict(scope["headers"])
    scheme, _, key = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        yield key.strip().decode("latin-1")
    yield from (headers[name].strip().decode("latin-1") for name in KEY_HEADERS if name in headers)
    if match := KEY_PARAMETER.search(scope["query_string"]):
        yield unquote_to_bytes(match[1]).decode("latin-1")


def _is_signed_link(scope: Scope) -> bool:
    return (
        scope["method"] in ("GET", "HEAD")
        and LINK.fullmatch(scope["path"]) is not None
        and SIGNATURE.search(scope["query_string"]) is not None
    )
