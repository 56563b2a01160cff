"""Paths and methods as clients write them, as plain ASGI: slashes too many, a path that a proxy puts before ours, HEAD wherever GET is.

It knows nothing of what is at a path.
"""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SLASHES = re.compile(r"/{2,}")


class Paths:
    """Passes requests on under the one spelling of their path; `public_url` may have a path of its own, which is left out."""

    def __init__(self, app: ASGIApp, public_url: str | None) -> None:
        self._app = app
        self._prefix = urlsplit(public_url or "").path.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = SLASHES.sub("/", scope["path"])
        if self._prefix and path == self._prefix:
            # A page's relative links start from its last slash.
            await RedirectResponse(f"{self._prefix}/")(scope, receive, send)
            return
        if self._prefix and path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix)
        scope["path"] = path.rstrip("/") or "/"
        if scope["method"] == "HEAD":
            await self._head(scope, send)
        else:
            await self._app(scope, receive, send)

    async def _head(self, scope: Scope, send: Send) -> None:
        """Answer as to GET, but with the head alone; whatever would be streamed is not even begun."""
        scope["method"] = "GET"
        answered = asyncio.Event()

        async def left() -> Message:
            await answered.wait()
            return {"type": "http.disconnect"}

        async def head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})
                answered.set()

        await self._app(scope, left, head)
