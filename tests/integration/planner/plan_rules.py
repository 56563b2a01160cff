"""What every plan must keep to, whoever wrote it."""

from __future__ import annotations

import re
from itertools import pairwise

from planner_service.language.bounds import language_of
from planner_service.wire import PlanDone, PlanEvent, PlanRequest, Slot, SlotOpen, TextDelta


def assert_well_formed(request: PlanRequest, events: list[PlanEvent]) -> None:
    """One end; slots open and close in turn, within the request's language, all that are owed; no tag in any text."""
    *body, end = events
    assert isinstance(end, PlanDone)
    is_cut = end.finish_reason == "length"
    marks = [event for event in body if not isinstance(event, TextDelta)]
    slots = [event for event in marks if isinstance(event, Slot)]
    is_cut_in_slot = bool(marks) and isinstance(marks[-1], SlotOpen)
    assert is_cut or not is_cut_in_slot
    assert [event.index for event in slots] == list(range(len(slots)))
    assert len(marks) == 2 * len(slots) + is_cut_in_slot
    assert all(isinstance(after, Slot) for before, after in pairwise(body) if isinstance(before, SlotOpen))
    assert_within_language(request, slots)
    text = "".join(event.text for event in body if isinstance(event, TextDelta))
    assert not re.search(r"</?imagine|<\|im_", text)
    assert language_of(request).has_text or not text


def assert_within_language(request: PlanRequest, slots: list[Slot]) -> None:
    language = language_of(request)
    assert language.least <= len(slots) <= language.most
    for slot in slots:
        assert slot.description.strip()
        assert "<imagine" not in slot.description
        assert set(slot.references) <= set(language.nameable(slot.index))
        assert slot.size in {None, *language.sizes}
