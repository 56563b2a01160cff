"""What an answer owes its reader, whatever happened: numbers without gap or double, one last event, each picture one outcome, the text said
once, and the same told by another gateway later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from gateway.answer import events as ev
from gateway.answer.document import Document, Picture, Text
from gateway.answer.events import LastEvent
from gateway.answer.folding import fold
from gateway.store.values import Numbered
from tests.faults.model_planner import TEXTS

OUTCOMES = ev.PictureDone | ev.PictureFailed | ev.PictureCancelled


def missing(
    events: Sequence[Numbered], replayed: Document, drawn: Mapping[str, int], has_lost_data: bool
) -> Iterator[str]:
    """What of it does not hold, in words.

    Args:
        replayed: what a gateway says of the answer later.
        drawn: by job, how often it was drawn.
        has_lost_data: whether Redis has forgotten something, so that an answer may be lost and a picture drawn twice.
    """
    document = fold(event for _, event in events)
    if [number for number, _ in events] != list(range(1, len(events) + 1)):
        yield "numbers"
    if (lasts := sum(isinstance(event, LastEvent) for _, event in events)) != 1:
        yield f"{lasts} last events"
    if set(Counter(event.item for _, event in events if isinstance(event, OUTCOMES)).values()) - {1}:
        yield "a picture has two outcomes"
    if has_lost_data and document.error_code == "response_lost":
        return
    if document != replayed:
        yield f"{_short(document)} was told, {_short(replayed)} later"
    texts = [item.text for item in document.items if isinstance(item, Text)]
    is_whole = " ".join(texts).split() == " ".join(TEXTS).split()
    if document.state != "completed" or not is_whole or [p.state for p in document.pictures] != ["done"] * 2:
        yield f"not whole: {_short(document)}"
    if not has_lost_data and set(drawn.values()) - {1}:
        yield f"drawn twice: {drawn}"


def _short(document: Document) -> str:
    items = [
        f"{item.id} {item.state} {item.code}" if isinstance(item, Picture) else item.text
        for item in document.items
    ]
    return f"{document.state} {document.error_code} {document.ended_at} {items}"
