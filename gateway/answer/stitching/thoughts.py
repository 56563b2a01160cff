"""What the planner thinks, as items of their own, told as it thinks. It knows nothing of texts and pictures."""

from __future__ import annotations

from collections.abc import Callable

from gateway.answer.document import Item, Thought
from gateway.answer.events import GatewayEvent, ThoughtDelta, ThoughtDone, ThoughtStarted


class ThoughtRuns:
    """The thoughts of one answer; `next_item` numbers each run as it begins. `last` is the last item of an answer that is gone on with."""

    def __init__(self, next_item: Callable[[], int], last: Item | None = None) -> None:
        going_on = last if isinstance(last, Thought) and not last.done else None
        self._next_item = next_item
        self._item = going_on.item if going_on else None
        self._told = [going_on.text] if going_on else []

    def think(self, text: str, at: float) -> list[GatewayEvent]:
        """More thoughts; white space alone begins none."""
        events: list[GatewayEvent] = []
        if self._item is None:
            text = text.lstrip()
            if not text:
                return []
            self._item = self._next_item()
            events.append(ThoughtStarted(at=at, item=self._item))
        self._told.append(text)
        return [*events, ThoughtDelta(at=at, item=self._item, text=text)]

    def end(self, at: float) -> list[GatewayEvent]:
        """The thoughts, if there are any, are over."""
        if self._item is None:
            return []
        done = ThoughtDone(at=at, item=self._item, text="".join(self._told))
        self._item, self._told = None, []
        return [done]
