"""Reads the Responses API's stream as the client's events; pure, and alike for every way in which the bytes may come."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

from weaver.client.answer import Reference, answer, picture
from weaver.client.errors import NotUnderstood
from weaver.client.events import (
    Began,
    Event,
    Finished,
    PictureDescribed,
    PictureDone,
    PictureFailed,
    PictureOpened,
    PicturePreview,
    PictureProgress,
    PictureQueued,
    PictureStarted,
    TextDelta,
    TextDone,
)
from weaver.client.sse import Decoder

CALL = "response.image_generation_call"
ENDS = ("response.completed", "response.incomplete", "response.failed")


class Interrupted(Exception):
    """The gateway ends the stream, though not the answer: it is leaving, or has lost its store."""


class Reader:
    """Reads one stream, from wherever it begins."""

    def __init__(self) -> None:
        self._decoder = Decoder()

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that are whole with this piece.

        Raises:
            Interrupted: the stream's last words.
            NotUnderstood: this is no stream of a gateway's.
        """
        for text in self._decoder.feed(piece):
            try:
                event = read(json.loads(text))
            except (KeyError, TypeError, ValueError) as error:
                raise NotUnderstood("The stream holds an event that this client can't read.") from error
            if event is not None:
                yield event


def read(data: Mapping[str, Any]) -> Event | None:
    """One event; None if it says nothing new to whoever reads all of them.

    Raises:
        Interrupted: it is the stream's last words.
        KeyError, TypeError, ValueError: it is no event of a gateway's.
    """
    match data["type"]:
        case "error":
            raise Interrupted(data["message"])
        case "response.created":
            response = data["response"]
            return Began(data["sequence_number"], response["id"], response["model"])
        case kind if kind in ENDS:
            return Finished(data["sequence_number"], answer(data["response"]))
    return _of_item(data) if "output_index" in data else None


def _of_item(data: Mapping[str, Any]) -> Event | None:
    place = (data["sequence_number"], data["output_index"])
    match data["type"]:
        case "response.output_text.delta":
            return TextDelta(*place, data["delta"])
        case "response.output_text.done":
            return TextDone(*place, data["text"])
        case "response.output_item.added" if data["item"]["type"] == "image_generation_call":
            return PictureOpened(*place, picture(data["item"]).id)
        case kind if kind == f"{CALL}.in_progress":
            return _of_waiting(place, data)
        case kind if kind == f"{CALL}.generating" and data["step"]:
            return PictureProgress(*place, data["step"], data["of"])
        case kind if kind == f"{CALL}.generating":
            return PictureStarted(*place, data["attempt"], data["worker"])
        case kind if kind == f"{CALL}.partial_image":
            preview = data["partial_image_b64"]
            return PicturePreview(*place, data["partial_image_index"], preview and base64.b64decode(preview))
        case "response.output_item.done" if data["item"]["type"] == "image_generation_call":
            drawn = picture(data["item"])
            return PictureFailed(*place, drawn) if drawn.failure else PictureDone(*place, drawn)
    return None


def _of_waiting(place: tuple[int, int], data: Mapping[str, Any]) -> Event | None:
    match data["state"]:
        case "described":
            return PictureDescribed(*place, data["description"], data["size"], data["seed"])
        case "queued":
            used = tuple(Reference(one["id"], one["chosen_by"]) for one in data["references"])
            return PictureQueued(*place, used)
    return None
