"""The border that every plan crosses, whatever wrote it: text in, events of the request's language out.

Repairs: unknown references and sizes are dropped, slots beyond the most allowed and text where none is allowed are left out. What
cannot be repaired raises `MalformedPlan`. With the grammar in force there is nothing to repair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planner_service.errors import MalformedPlan
from planner_service.language import MOST_REFERENCES, Language
from planner_service.segmenter import Segment, Segmenter
from planner_service.wire import Slot, SlotOpen, TextDelta


class PlanReader:
    """Reads one plan. `feed` it text, then `finish` it."""

    def __init__(self, language: Language):
        self._language = language
        self._segmenter = Segmenter()
        self._slots = 0

    def feed(self, text: str) -> Iterator[Segment]:
        """Take more of the plan.

        Raises:
            MalformedPlan: see `Segmenter.feed`.
        """
        return self._admitted(self._segmenter.feed(text))

    def finish(self, *, cut: bool) -> Iterator[Segment]:
        """End the plan; `cut` says that its length limit ended it.

        Raises:
            MalformedPlan: it ended of itself with too few slots.
        """
        yield from self._admitted(self._segmenter.finish(cut=cut))
        if not cut and self._slots < self._language.least:
            raise MalformedPlan("fewer pictures than asked for")

    def _admitted(self, segments: Iterable[Segment]) -> Iterator[Segment]:
        for segment in segments:
            match segment:
                case TextDelta() if self._language.has_text:
                    yield segment
                case SlotOpen() if segment.index < self._language.most:
                    yield SlotOpen(index=segment.index + self._language.written)
                case Slot() if segment.index < self._language.most:
                    self._slots += 1
                    yield self._repaired(segment)
                case _:
                    continue

    def _repaired(self, slot: Slot) -> Slot:
        nameable = self._language.nameable(slot.index)
        references = [name for name in dict.fromkeys(slot.references) if name in nameable]
        return slot.model_copy(
            update={
                "references": tuple(references[:MOST_REFERENCES]),
                "size": slot.size if slot.size in self._language.sizes else None,
                "index": slot.index + self._language.written,
            }
        )
