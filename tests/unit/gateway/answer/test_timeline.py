from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.answer.document import Document, Picture, Text
from gateway.answer.events import ReferenceUsed
from gateway.answer.timeline import SlotTimes, timeline
from tests.fakes import blob
from visualizer_service.wire import Timings


def drawn(
    slot: int, closed: float, started: float, done: float, *references: str, worker: str = "w"
) -> Picture:
    used = tuple(ReferenceUsed(id=name, blob=blob(name), chosen_by="planner") for name in references)
    return Picture(
        item=slot,
        slot=slot,
        id=f"img{slot + 1}",
        opened_at=closed - 1,
        state="done",
        references=used,
        worker=worker,
        timings=Timings(queued_at=closed, claimed_at=started, started_at=started, done_at=done),
        closed_at=closed,
        queued_at=closed + 0.1,
        delivered_at=done + 0.1,
    )


def completed(*pictures: Picture, plan_ended: float, ended: float) -> Document:
    return Document(
        "completed", (Text(0), *pictures), plan_started_at=0, plan_ended_at=plan_ended, ended_at=ended
    )


def efficiency(document: Document) -> float | None:
    return timeline(document).overlap_efficiency


def test_each_slot_has_its_times():
    slots = timeline(completed(drawn(0, 1, 2, 4), plan_ended=3, ended=5)).slots
    assert slots == (SlotTimes(slot=0, closed=1, queued=1.1, started=2, done=4, delivered=4.1),)


def test_drawing_that_starts_as_slots_close_is_ideal():
    document = completed(drawn(0, 1, 1, 5), drawn(1, 3, 3, 7, worker="v"), plan_ended=4, ended=7)
    assert efficiency(document) == 1.0


def test_drawing_after_the_plan_is_not():
    document = completed(drawn(0, 1, 4, 8), drawn(1, 3, 4, 8, worker="v"), plan_ended=4, ended=8)
    assert efficiency(document) == pytest.approx(7 / 8)


def test_a_reference_must_be_drawn_first():
    document = completed(drawn(0, 1, 1, 5), drawn(1, 2, 5, 9, "img1", worker="v"), plan_ended=4, ended=9)
    assert efficiency(document) == 1.0


def test_one_worker_cannot_draw_two_at_once():
    document = completed(drawn(0, 1, 1, 5), drawn(1, 2, 5, 9), plan_ended=4, ended=9)
    assert efficiency(document) == 1.0


def test_what_a_worker_draws_in_one_batch_counts_once():
    document = completed(drawn(0, 1, 2, 6), drawn(1, 2, 2, 6), plan_ended=4, ended=6)
    assert timeline(document).ideal_s == 6


def test_an_answer_bound_by_its_plan_is_ideal_when_it_ends_with_it():
    assert efficiency(completed(drawn(0, 1, 1, 2), plan_ended=10, ended=10)) == 1.0
    assert efficiency(completed(plan_ended=10, ended=10)) == 1.0


def test_an_answer_that_did_not_complete_has_times_but_no_efficiency():
    document = replace(completed(drawn(0, 1, 1, 2), plan_ended=3, ended=3), state="failed")
    assert efficiency(document) is None
    assert timeline(document).slots[0].done == 2


def test_a_picture_that_never_came_does_not_count():
    lost = Picture(item=2, slot=1, id="img2", opened_at=1, state="failed", closed_at=2)
    document = completed(drawn(0, 1, 1, 2), lost, plan_ended=3, ended=3)
    assert efficiency(document) == 1.0
    assert timeline(document).slots[1] == SlotTimes(1, 2, None, None, None, None)
