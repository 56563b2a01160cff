"""Answers as the public API tells them, for tests of whoever reads them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[3] / "golden" / "responses_stream.json"
# The smallest there is: one grey pixel.
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


def golden() -> list[dict[str, Any]]:
    """A whole stream of a gateway, with real bytes where the golden file only names them."""
    text = GOLDEN.read_text(encoding="utf-8")
    return json.loads(text, object_hook=_with_bytes)


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    drawn = base64.b64encode(PNG).decode()
    return {
        name: drawn if name in ("result", "partial_image_b64") and held else held
        for name, held in value.items()
    }


def sse(*events: dict[str, Any]) -> bytes:
    """Events as bytes, with a heartbeat before each."""
    return b"".join(
        f": hb\nevent: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for event in events
    )


def message(text: str) -> dict[str, Any]:
    """An output item that is text."""
    return {"type": "message", "content": [{"type": "output_text", "text": text}]}


def picture(name: str, **more: Any) -> dict[str, Any]:
    """An output item that is a picture."""
    drawn = {
        "type": "image_generation_call",
        "status": "completed",
        "picture": name,
        "description": 'A fox & a "boat".',
        "references": [{"id": "img1", "chosen_by": "policy"}],
        "missing_references": [],
        "seed": 7,
        "width": 160,
        "height": 96,
        "output_format": "png",
        "file_id": f"file-{name}",
        "model": "storybook",
        "worker": "w1",
        "simulated": False,
        "timings": None,
        "error": None,
        "result": base64.b64encode(PNG).decode(),
    }
    return drawn | more


def lost(name: str) -> dict[str, Any]:
    """An output item that is a picture that did not come."""
    error = {"code": "deadline", "message": "The picture was not ready in time."}
    return picture(name, status="failed", error=error, result=None, file_id=None)


def response(*output: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    """A response object that has ended."""
    slot = {"slot": 0, "closed": 101.0, "queued": 101.1, "started": 101.2, "done": 103.0, "delivered": 103.1}
    slots = [slot for item in output if item["type"] != "message"]
    times = {"plan_started": 100.0, "plan_ended": 102.0, "ended": 104.0, "slots": slots}
    times |= {"ideal_s": 3.0, "measured_s": 4.0, "overlap_efficiency": 0.75}
    head = {"id": "resp_1", "status": status, "model": "storybook", "created_at": 1_700_000_000, "seed": 7}
    return head | {"output": list(output), "usage": None, "error": None, "timeline": times} | more
