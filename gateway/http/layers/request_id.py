"""An id for each HTTP request, as plain ASGI: taken from the client's `X-Request-Id` or made up, sent back, and put in every log record.

Whatever is begun for a request keeps its id, so an answer's whole life can be found in the logs.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry.logs import begin

HEADER = "x-request-id"
# Printable and short, so that it can do no harm in a header or a log.
TAKEN = re.compile(r"[\x21-\x7e]{1,128}")
REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="-")


class RequestId:
    """Gives every answer its id; one of the client's that cannot be taken is replaced."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, its id known."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get(HEADER, "")
        request_id = sent if TAKEN.fullmatch(sent) else f"req_{secrets.token_hex(12)}"
        REQUEST_ID.set(request_id)
        begin(request=request_id)

        async def identified(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, identified)
