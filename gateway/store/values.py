"""What the ledger's keys hold, as values: how a response stands, its request, its events."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from gateway.answer.document import DocumentState
from gateway.answer.events import GATEWAY_EVENT, GatewayEvent, Unknown
from gateway.answer.request import Request

Numbered = tuple[int, GatewayEvent]
Entry = tuple[bytes, dict[bytes, bytes]]

REQUEST: TypeAdapter[Request] = TypeAdapter(Request)
STANDING: Final = ("state", "owner", "last", "takeovers", "replies_to", "cancelled")
"""The fields that tell a `Standing`."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a response stands.

    `last` is the number of its last event, `takeovers` how often it changed its owner. `replies_to` is where its jobs' replies go,
    whoever owns it.
    """

    state: DocumentState
    owner: str
    last: int
    takeovers: int
    replies_to: str
    is_cancelled: bool


def standing_of(fields: Sequence[Any]) -> Standing | None:
    """How a response stands whose fields these are, in the order of `STANDING`."""
    state, owner, last, takeovers, replies_to, cancelled = fields
    if state is None:
        return None
    # A release that knew nothing of taking over wrote the first three only.
    replies_to = (replies_to or owner).decode()
    return Standing(
        state.decode(), owner.decode(), int(last), int(takeovers or 0), replies_to, bool(cancelled)
    )


def numbered(id: str, entries: Iterable[Entry]) -> list[Numbered]:
    """The events of a stream's entries."""
    return [(int(entry.split(b"-")[0]), _decoded(id, fields[b"event"])) for entry, fields in entries]


def encoded(event: GatewayEvent) -> bytes:
    """An event as an entry's one field has it."""
    return GATEWAY_EVENT.dump_json(event)


def _decoded(id: str, text: bytes) -> GatewayEvent:
    """An event, as far as this release knows it: what it cannot read holds a number and says nothing."""
    try:
        return GATEWAY_EVENT.validate_json(text)
    except ValidationError:
        log.warning("an event can't be read", exc_info=True, extra={"response": id})
        return Unknown(at=0)
