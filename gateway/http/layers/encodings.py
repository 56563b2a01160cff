"""Bodies as clients encode them, as plain ASGI: gzip, and JSON that is not called so.

It decodes a body piece by piece, as it is read, so whoever limits bodies behind it limits what they unfold to.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.answer.errors import InvalidRequest, UnknownEncoding
from gateway.http.problems import refusal

# What `zlib` calls gzip and deflate, whichever of the two it is.
ANY_HEADER: Final = zlib.MAX_WBITS | 32
TAKEN: Final = ("gzip", "x-gzip", "deflate")
# No more of an unfolded body is in memory at once.
PIECE_BYTES: Final = 64 * 1024
# What a client says of a body whose type it does not know; `curl -d` says the third.
UNTOLD: Final = ("", "text/plain", "application/x-www-form-urlencoded", "application/octet-stream")


class Encodings:
    """Passes requests on with their bodies in plain JSON, or answers 415 to an encoding that is not known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] not in ("POST", "PUT", "PATCH"):
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(raw=list(scope["headers"]))
        _call_json(headers)
        encoding = headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity"):
            if encoding not in TAKEN:
                why = f"`Content-Encoding` is {encoding[:40]}; gzip and deflate are taken."
                refused = refusal(scope["path"], UnknownEncoding(why, param="Content-Encoding"))
                refused.headers["accept-encoding"] = "gzip, deflate"
                await refused(scope, receive, send)
                return
            receive = _Unfolded(receive).next
            del headers["content-encoding"], headers["content-length"]
            # Its length is not known any more, but there is a body.
            headers["transfer-encoding"] = "chunked"
        await self._app({**scope, "headers": headers.raw}, receive, send)


def _call_json(headers: MutableHeaders) -> None:
    """Call a body JSON that is called nothing else, unless a browser sends it: such types need no leave of its page's origin."""
    told = headers.get("content-type", "").partition(";")[0].strip().lower()
    if told in UNTOLD and "origin" not in headers:
        headers["content-type"] = "application/json"


class _Unfolded:
    """A body that is compressed, as it comes."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._pieces = self._none()
        self._decoder: zlib._Decompress | None = zlib.decompressobj(ANY_HEADER)
        self._more = True

    async def next(self) -> Message:
        """The next piece of what it unfolds to. Raises InvalidRequest if it is not what it says."""
        while True:
            try:
                if piece := next(self._pieces, b""):
                    return {"type": "http.request", "body": piece, "more_body": True}
            except zlib.error:
                raise InvalidRequest(
                    "The body is not compressed as `Content-Encoding` says.", code="invalid_body"
                ) from None
            if not self._more:
                return await self._end()
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._more = message.get("more_body", False)
            self._pieces = self._unfolded(message.get("body", b""))

    async def _end(self) -> Message:
        if self._decoder is None:
            return await self._receive()
        whole, self._decoder = self._decoder.eof, None
        if not whole:
            raise InvalidRequest("The compressed body ends too early.", code="invalid_body")
        return {"type": "http.request", "body": b"", "more_body": False}

    def _unfolded(self, data: bytes) -> Iterator[bytes]:
        while data and self._decoder is not None and not self._decoder.eof:
            yield self._decoder.decompress(data, PIECE_BYTES)
            data = self._decoder.unconsumed_tail

    @staticmethod
    def _none() -> Iterator[bytes]:
        return iter(())
