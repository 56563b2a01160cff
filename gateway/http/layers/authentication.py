"""Knows whose request it is before a byte of its body is read, as plain ASGI, so that nobody without a key can have work done.

What was found stands in `scope["state"]["tenant"]`; a route that asks for a tenant where none was found fails closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.answer.errors import NotAuthenticated
from gateway.http.problems import refuse

# Everything else is for whoever comes: health, this API's description, the studio's pages.
KEYED = re.compile(r"/v1/|/v1beta/|/upload/|/mcp$")
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
        if scope["type"] == "http" and needs_key(scope["path"]) and not _is_signed_link(scope):
            try:
                tenant = scope["app"].state.container.keys.tenant(sent_keys(scope))
            except NotAuthenticated as error:
                await refuse(error, scope, receive, send)
                return
            scope.setdefault("state", {})["tenant"] = tenant
        await self._app(scope, receive, send)


def needs_key(path: str) -> bool:
    """Whether a key is asked for there, where the operator set any."""
    return KEYED.match(path) is not None


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
