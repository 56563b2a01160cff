"""However long a plan is, whoever gets its pictures as links gets no event over 64 KB."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answer.document import Document, Picture, Text
from gateway.answer.event_budget import EVENT_BYTES, INSTRUCTIONS_BYTES, METADATA_BYTES, EventBudget
from gateway.answer.events import ReferenceUsed
from gateway.answer.signer import Signer
from gateway.dialects.responses.items import response
from planner_service.wire import PlanDone, PlanFailed, Slot, SlotOpen, TextDelta
from tests.fakes import PLAN_DONE, USAGE, ask, blob
from visualizer_service.wire import Timings

TEXTS = st.text(min_size=1, max_size=30).flatmap(lambda text: st.integers(1, 3000).map(text.__mul__))
PLANS = st.lists(st.one_of(TEXTS.map(lambda text: TextDelta(text=text)), TEXTS), max_size=40)
# All that may be told again of a request, and of a picture.
LINKED = ask(
    f"resp_{'0' * 32}",
    delivery="url",
    instructions="i" * INSTRUCTIONS_BYTES,
    metadata={"m": "m" * (METADATA_BYTES - 6)},
    forced_references=tuple(f"img{n}" for n in range(101, 109)),
    signer=Signer("k" * 64, 2_000_000_000),
)
AT = 1_700_000_000.123456
DRAWN = {
    "references": tuple(
        ReferenceUsed(id=f"img{n}", blob=blob("a"), chosen_by="planner") for n in range(101, 105)
    ),
    "missing": tuple(f"img{n}" for n in range(201, 205)),
    "state": "done",
    "blob": blob("a"),
    "media_type": "image/png",
    "width_px": 1024,
    "height_px": 1024,
    "seed": 2**53 - 1,
    "steps": 100,
    "model": "m" * 100,
    "worker": "w" * 100,
    "timings": Timings(queued_at=AT, claimed_at=AT, started_at=AT, done_at=AT),
    "closed_at": AT,
    "queued_at": AT,
    "started_at": AT,
    "delivered_at": AT,
}


def planned(parts):
    """A plan of texts, and of slots where there is only a description."""
    slots = 0
    for part in parts:
        if isinstance(part, TextDelta):
            yield part
        else:
            yield from (SlotOpen(index=slots), Slot(index=slots, description=part))
            slots += 1
    yield PLAN_DONE


def answered(events):
    """What an answer amounts to, with all that can be known of each picture."""
    items = []
    for event in events:
        match event:
            case TextDelta(text=text) if items and isinstance(items[-1], Text):
                items[-1] = Text(len(items) - 1, items[-1].text + text, True)
            case TextDelta(text=text):
                items.append(Text(len(items), text, True))
            case SlotOpen(index=slot):
                items.append(Picture(len(items), slot, f"img{slot + 101}", AT, **DRAWN))
            case Slot(index=slot, description=description):
                items[-1] = Picture(
                    len(items) - 1, slot, f"img{slot + 101}", AT, description=description, **DRAWN
                )
    return Document("completed", tuple(items), "stop", USAGE, None, None, AT, AT, AT, AT)


@given(PLANS)
def test_what_the_budget_lets_through_fits_into_one_event(parts):
    budget = EventBudget(LINKED)
    fitted = [told for event in planned(parts) if (told := budget.fitted(event))]

    assert len(json.dumps(response(LINKED, answered(fitted)), separators=(",", ":"))) < EVENT_BYTES - 200


@given(PLANS)
def test_what_fits_is_the_beginning_of_the_plan_and_a_plan_that_was_cut_says_so(parts):
    budget, plan = EventBudget(LINKED), list(planned(parts))
    fitted = [told for event in plan if (told := budget.fitted(event))]
    *begun, last = fitted

    assert isinstance(last, PlanDone)
    if last.finish_reason == "stop":
        assert fitted == plan
    else:
        whole = begun[:-1] if begun and isinstance(begun[-1], TextDelta) else begun
        assert whole == plan[: len(whole)]
        assert last.usage == PLAN_DONE.usage


@given(PLANS)
def test_with_base64_everything_fits(parts):
    budget = EventBudget(ask(delivery="b64"))

    assert [budget.fitted(event) for event in planned(parts)] == list(planned(parts))


@pytest.mark.parametrize("said", ["Once upon a time. ", "Ω" * 5])
def test_a_text_is_cut_where_the_budget_ends(said):
    budget = EventBudget(LINKED)
    told = budget.fitted(TextDelta(text=said * 10_000))

    assert isinstance(told, TextDelta)
    assert (said * 10_000).startswith(told.text)
    assert EVENT_BYTES / 2 < len(json.dumps(told.text)) < EVENT_BYTES
    assert budget.fitted(TextDelta(text="more")) is None


def test_a_plan_that_failed_is_told_however_long_it_was():
    budget, failed = EventBudget(LINKED), PlanFailed(code="engine_failed")
    budget.fitted(TextDelta(text="x" * EVENT_BYTES))

    assert budget.fitted(failed) == failed
