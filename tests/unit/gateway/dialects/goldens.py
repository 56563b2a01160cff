"""Wire forms pinned by golden files, and the ways in which a story may end early."""

import json
import os
from pathlib import Path

from gateway.answer.events import GATEWAY_EVENT, ResponseCancelled, ResponseFailed, ResponseIncomplete
from gateway.answer.folding import closing_events, fold
from tests.unit.gateway.answer.test_folding import EVENTS

GOLDEN = Path(__file__).parents[3] / "golden"


def plain(value):
    """As JSON, with pictures named instead of spliced in."""
    return json.loads(json.dumps(value, default=lambda inline: f"base64 of {inline.blob[:8]}"))


def compare(name, value):
    """Compare with the golden file; with GOLDEN=write in the environment, write it anew for review."""
    text = json.dumps(plain(value), indent=1) + "\n"
    path = GOLDEN / name
    if os.environ.get("GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def cut(last):
    """The events up to the middle of the first picture, and then an early end."""
    begun = EVENTS[:11]
    return [*begun, *closing_events(fold(begun), last)]


EARLY = {
    "failed": cut(ResponseFailed(at=9, code="gateway_lost", message="Lost.")),
    "cancelled": cut(ResponseCancelled(at=9)),
    "incomplete": [*EVENTS[:-1], ResponseIncomplete(at=10)],
}


def changed(event, **fields):
    """The same event with other values in these fields."""
    return GATEWAY_EVENT.validate_python(GATEWAY_EVENT.dump_python(event) | fields)
