"""Asks a gateway for a stream, and lets a test act in the middle of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import httpx

Event = dict[str, Any]


def illustrated(pictures: int, about: str = "A story about a bear", **more: Any) -> dict[str, Any]:
    """A question whose answer has exactly so many pictures."""
    counts = {"least_images": pictures, "most_images": pictures, "mode": "interleaved"}
    return {"model": "storybook", "input": about, "stream": True, **counts, **more}


def events(answer: httpx.Response) -> Iterator[Event]:
    """The events of a stream, as they come."""
    for line in answer.iter_lines():
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


@contextlib.contextmanager
def asked(url: str, question: dict[str, Any]) -> Iterator[Iterator[Event]]:
    """The stream that answers a question; leaving early closes the connection."""
    with (
        httpx.Client(base_url=url, timeout=120) as http,
        http.stream("POST", "/v1/responses", json=question) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        yield events(answer)


def whole(url: str, question: dict[str, Any]) -> list[Event]:
    """All events of the answer."""
    with asked(url, question) as stream:
        return list(stream)


def resumed(http: httpx.Client, response_id: str, after: int) -> list[Event]:
    """What a reader gets who saw everything up to event `after`."""
    params = {"stream": True, "starting_after": after}
    with http.stream("GET", f"/v1/responses/{response_id}", params=params) as answer:
        assert answer.status_code == 200, answer.read()
        return list(events(answer))


def until(stream: Iterator[Event], type: str, **told: Any) -> list[Event]:
    """The events up to the first of this type that tells this, which must come."""
    seen = []
    for event in stream:
        seen.append(event)
        if event["type"] == type and told.items() <= event.items():
            return seen
    raise AssertionError(f"the stream ended without {type}: {[event['type'] for event in seen]}")


def types(seen: list[Event]) -> list[str]:
    return [event["type"] for event in seen]


def pictures(last: Event) -> list[dict[str, Any]]:
    """The pictures of a finished answer."""
    return [item for item in last["response"]["output"] if item["type"] == "image_generation_call"]


def text(last: Event) -> str:
    """The text of a finished answer."""
    messages = [item for item in last["response"]["output"] if item["type"] == "message"]
    return "".join(part["text"] for message in messages for part in message["content"])
