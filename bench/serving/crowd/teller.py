"""A planner and an OpenAI-compatible server that write the time: each token is the moment at which it was sent, so a reader knows how late it is.

`python -m bench.serving.crowd.teller PORT`. It answers `POST /v1/plan` as the planner service does and `POST /v1/chat/completions` as a model's
server does, and costs as little as may be, for it shares the machine with what is measured.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

import uvloop

from bench.serving.crowd.stamps import token
from bench.serving.script import Script

MODEL = {"name": "teller", "sees_images": False, "max_prompt_tokens": 8192}
USAGE = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
PLAN_DONE = {
    "type": "plan_done",
    "finish_reason": "stop",
    "usage": {"input_tokens": 9, "output_tokens": 9},
}
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\n"


class Teller(asyncio.Protocol):
    """One connection: a request, then its answer token by token."""

    def __init__(self) -> None:
        self._asked = b""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Remember where to write."""
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Write no more."""
        if self._timer is not None:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._asked += data
        head, found, body = self._asked.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._asked = b""
        method, path, _ = head.split(b" ", 2)
        if method == b"GET":
            self._write_whole({"data": []} if path == b"/v1/models" else MODEL)
            return
        asked = json.loads(body)
        is_plan = path == b"/v1/plan"
        self._write(HEAD % (b"application/x-ndjson" if is_plan else b"text/event-stream"))
        self._write(b"transfer-encoding: chunked\r\n\r\n")
        self._tell(_script(asked), as_plan if is_plan else as_chat)

    def _tell(self, script: Script, form: Callable[[str | None], bytes]) -> None:
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0

        def tell() -> None:
            nonlocal number
            number += 1
            if number > script.words:
                self._write_chunk(form(None))
                self._write(b"0\r\n\r\n")
                return
            self._write_chunk(form(token(number)))
            # Counted from the start, so that lateness does not add up.
            self._timer = loop.call_at(began + (number + 1) * script.pace_s, tell)

        self._timer = loop.call_at(began + script.pace_s, tell)

    def _write_whole(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        self._write(HEAD % b"application/json" + b"content-length: %d\r\n\r\n" % len(body) + body)

    def _write_chunk(self, piece: bytes) -> None:
        self._write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


def as_plan(text: str | None) -> bytes:
    """A line of a plan; None ends it."""
    event = PLAN_DONE if text is None else {"type": "text_delta", "text": text}
    return json.dumps(event, separators=(",", ":")).encode() + b"\n"


def as_chat(text: str | None) -> bytes:
    """A chunk of a chat completion; None ends it."""
    if text is not None:
        return _chunk([{"index": 0, "delta": {"content": text}, "finish_reason": None}])
    end = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    return _chunk(end) + _chunk([], usage=USAGE) + b"data: [DONE]\n\n"


def _chunk(choices: list[dict[str, Any]], **more: Any) -> bytes:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "teller"}
    return f"data: {json.dumps({**chunk, 'choices': choices, **more})}\n\n".encode()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _script(asked: dict[str, Any]) -> Script:
    content = asked["messages"][-1]["content"]
    text = content if isinstance(content, str) else content[-1]["text"]
    return Script.model_validate_json(text[text.index("{") :])


async def main() -> None:
    """Serve until a signal."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Teller, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
