from __future__ import annotations

from functools import reduce

import pytest

from gateway.answer import events as ev
from gateway.answer.document import Document, Picture, Text
from gateway.answer.events import (
    GATEWAY_EVENT,
    GatewayEvent,
    ReferenceUsed,
    ResponseCancelled,
    ResponseFailed,
)
from gateway.answer.folding import apply, closing_events, fold
from tests.fakes import USAGE, blob
from visualizer_service.wire import Timings

TIMINGS = Timings(queued_at=3, claimed_at=4, started_at=5, done_at=8)
USED = ReferenceUsed(id="in1", blob=blob("in1"), chosen_by="policy")

EVENTS: list[GatewayEvent] = [
    ev.ResponseStarted(at=1),
    ev.PlanStarted(at=1),
    ev.TextStarted(at=2, item=0),
    ev.TextDelta(at=2.0, item=0, text="One "),
    ev.TextDelta(at=2.0, item=0, text="fox."),
    ev.TextDone(at=2, item=0, text="One fox."),
    ev.PictureOpened(at=2, item=1, slot=0, id="img1"),
    ev.PictureDescribed(at=3, item=1, description="a fox", width_px=64, height_px=48, seed=7),
    ev.PictureQueued(at=3, item=1, references=(USED,), missing=("img9",)),
    ev.PictureStarted(at=4, item=1, attempt=1, worker="w1"),
    ev.PictureProgress(at=5, item=1, step=1, of=4),
    ev.PictureOpened(at=5, item=2, slot=1, id="img2"),
    ev.PicturePreview(at=6, item=1, index=0, blob=blob("look")),
    ev.PictureStarted(at=6, item=1, attempt=2, worker="w2"),
    ev.PictureDone(
        at=9,
        item=1,
        blob=blob("img1"),
        media_type="image/png",
        width_px=64,
        height_px=48,
        steps=4,
        model="m",
        worker="w2",
        simulated=False,
        timings=TIMINGS,
    ),
    ev.PictureFailed(at=9, item=2, code="incomplete_description"),
    ev.PlanEnded(at=9, finish_reason="stop", usage=USAGE),
    ev.ResponseCompleted(at=10),
]


def test_a_picture_knows_all_that_was_said_of_it():
    assert fold(EVENTS).items[1] == Picture(
        item=1,
        slot=0,
        id="img1",
        opened_at=2,
        state="done",
        description="a fox",
        width_px=64,
        height_px=48,
        seed=7,
        references=(USED,),
        missing=("img9",),
        attempt=2,
        step=0,
        of=4,
        previews=(blob("look"),),
        blob=blob("img1"),
        media_type="image/png",
        steps=4,
        model="m",
        worker="w2",
        timings=TIMINGS,
        closed_at=3,
        queued_at=3,
        started_at=6,
        delivered_at=9,
    )


def test_the_document_knows_when_it_ended_and_what_it_cost():
    document = fold(EVENTS)
    assert (document.state, document.started_at, document.plan_ended_at, document.ended_at) == (
        "completed",
        1,
        9,
        10,
    )
    assert (document.finish_reason, document.usage) == ("stop", USAGE)
    assert [picture.code for picture in document.pictures] == [None, "incomplete_description"]


def test_unfinished_text_is_there_as_far_as_it_goes():
    assert fold(EVENTS[:4]).items == (Text(0, "One "),)


@pytest.mark.parametrize(
    ("last", "state"),
    [
        (ev.ResponseIncomplete(at=9), "incomplete"),
        (ResponseFailed(at=9, code="deadline", message="m"), "failed"),
        (ResponseCancelled(at=9), "cancelled"),
    ],
)
def test_the_last_event_sets_the_state(last: GatewayEvent, state: str):
    assert apply(fold(EVENTS[:-1]), last).state == state


@pytest.mark.parametrize("cut", range(2, len(EVENTS) - 1))
@pytest.mark.parametrize(
    "last",
    [ResponseFailed(at=99, code="gateway_lost", message="m"), ResponseCancelled(at=99)],
    ids=["fail", "cancel"],
)
def test_ended_anywhere_every_item_has_its_outcome(cut: int, last: ResponseFailed | ResponseCancelled):
    begun = EVENTS[:cut]
    document = fold([*begun, *closing_events(fold(begun), last)])
    assert document.ended_at == 99
    assert all(item.done if isinstance(item, Text) else item.ended for item in document.items)
    kept = [item for item in fold(begun).items if isinstance(item, Picture) and item.ended]
    assert all(item in document.items for item in kept)


def test_pictures_end_for_the_reason_that_the_response_does():
    failed = fold(
        [*EVENTS[:12], *closing_events(fold(EVENTS[:12]), ResponseFailed(at=9, code="deadline", message="m"))]
    )
    assert [picture.code for picture in failed.pictures] == ["deadline", "deadline"]
    cancelled = fold([*EVENTS[:12], *closing_events(fold(EVENTS[:12]), ResponseCancelled(at=9))])
    assert [picture.state for picture in cancelled.pictures] == ["cancelled", "cancelled"]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.type)
def test_every_event_survives_json(event: GatewayEvent):
    assert GATEWAY_EVENT.validate_json(GATEWAY_EVENT.dump_json(event)) == event


def test_an_event_that_another_version_wrote_is_read_as_far_as_it_is_known():
    written = '{"type": "response_incomplete", "at": 9, "reason": "max_output_tokens"}'
    assert GATEWAY_EVENT.validate_json(written) == ev.ResponseIncomplete(at=9)


def test_tokens_that_are_folded_together_amount_to_what_each_alone_does():
    told: list[GatewayEvent] = [
        ev.ResponseStarted(at=1),
        ev.ThoughtStarted(at=1, item=0),
        ev.ThoughtDelta(at=1.0, item=0, text="hm "),
        ev.ThoughtDelta(at=2.0, item=0, text="well"),
        ev.TextStarted(at=3, item=1),
        ev.TextDelta(at=3.0, item=1, text="a "),
        ev.TextDelta(at=3.0, item=1, text="fox "),
        ev.TextDelta(at=3.0, item=7, text="of nothing"),
        ev.TextDelta(at=4.0, item=1, text="ran"),
    ]
    assert fold(told) == reduce(apply, told, Document())
