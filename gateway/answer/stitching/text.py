"""The text between pictures as items: runs without white space around them, streamed as they are written.

It knows nothing of pictures. White space alone makes no item; inside a run it is kept as written.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.answer.document import Item, Text
from gateway.answer.events import GatewayEvent, TextDelta, TextDone, TextStarted


class TextRuns:
    """The runs of one answer; `next_item` numbers each as it begins. `last` is the last item of an answer that is gone on with."""

    def __init__(self, next_item: Callable[[], int], last: Item | None = None) -> None:
        going_on = last if isinstance(last, Text) and not last.done else None
        self._next_item = next_item
        self._item: int | None = going_on.item if going_on else None
        self._written: list[str] = [going_on.text] if going_on else []
        self._held = ""

    def write(self, text: str, at: float) -> list[GatewayEvent]:
        """More text. White space at its end is held until more follows, so a run's deltas always add up to its text."""
        events: list[GatewayEvent] = []
        text = self._held + text
        if self._item is None:
            text = text.lstrip()
        visible = text.rstrip()
        self._held = text[len(visible) :]
        if not visible:
            return events
        if self._item is None:
            self._item = self._next_item()
            events.append(TextStarted(at=at, item=self._item))
        self._written.append(visible)
        events.append(TextDelta(at=at, item=self._item, text=visible))
        return events

    def end(self, at: float) -> list[GatewayEvent]:
        """The run, if there is one, is over."""
        self._held = ""
        if self._item is None:
            return []
        done = TextDone(at=at, item=self._item, text="".join(self._written))
        self._item, self._written = None, []
        return [done]
