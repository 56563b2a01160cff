"""A limit on request bodies, as plain ASGI: it counts what arrives, so a body without a length is stopped as well.

It knows nothing of what a body means.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.answer.errors import BodyTooLarge
from gateway.http.problems import refusal


class BodyLimit:
    """Answers 413 to a body over `most_bytes`, before it is read where its length is announced."""

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self._most_bytes:
            error = self._too_large(announced.decode("latin-1")[:20])
            await refusal(scope["path"], error)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._most_bytes:
                raise self._too_large(f"at least {received}")
            return message

        await self._app(scope, counted, send)

    def _too_large(self, sent: str) -> BodyTooLarge:
        return BodyTooLarge(f"The body has {sent} bytes; at most {self._most_bytes} are read.")
