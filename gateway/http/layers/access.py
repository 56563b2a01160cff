"""One line in the log and, where traces are wanted, one span for each request, as plain ASGI.

The line names the request, the tenant and the response as far as they are known by then; the span is what plans and pictures hang below.
Queries are in neither: signed links hold their signature there.
"""

from __future__ import annotations

import logging
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from telemetry import traces
from telemetry.traces import CURRENT, HEADER, OFF

PROBES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: a line each would bury the others."""
GONE: Final = 499
"""As nginx says that a client left before its answer began."""

log = logging.getLogger(__name__)


class AccessLog:
    """Tells of every request once it has ended."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        status, began = GONE, time.monotonic()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method, path = scope["method"], scope["path"]
        parent = Headers(scope=scope).get(HEADER)
        span = traces.begin(method, parent, "server", http__request__method=method, url__path=path)
        CURRENT.set(span)
        try:
            await self._app(scope, receive, noted)
        finally:
            CURRENT.set(OFF)
            span.tell(http__response__status_code=status)
            span.end(error=str(status) if status >= 500 else None)
            told = {"method": method, "path": path, "status": status}
            log.info("request", extra=told | {"duration_s": round(time.monotonic() - began, 4)})
