import pytest

from deploy.local.timeline import SlotTimes, ideal, timeline


def slot(
    name: str, closed_at: float, drawing_s: float, references: tuple[str, ...] = (), late_s: float = 0
) -> SlotTimes:
    started_at = closed_at + late_s
    return SlotTimes(
        id=name,
        references=references,
        closed_at=closed_at,
        queued_at=closed_at,
        started_at=started_at,
        done_at=started_at + drawing_s,
        delivered_at=started_at + drawing_s,
    )


def test_a_text_answer_takes_as_long_as_its_plan() -> None:
    assert ideal((100, 103), workers=1, slots=[]) == 3


def test_pictures_drawn_while_the_plan_goes_on_cost_nothing() -> None:
    assert ideal((100, 110), workers=2, slots=[slot("img1", 101, 4), slot("img2", 103, 4)]) == 10


def test_one_worker_draws_one_picture_after_the_other() -> None:
    assert ideal((0, 2), workers=1, slots=[slot("img1", 1, 5), slot("img2", 2, 5)]) == 11
    assert ideal((0, 2), workers=2, slots=[slot("img1", 1, 5), slot("img2", 2, 5)]) == 7


def test_a_picture_waits_for_its_reference_but_not_for_an_input() -> None:
    assert ideal((0, 2), workers=2, slots=[slot("img1", 1, 5), slot("img2", 2, 5, ("img1", "in1"))]) == 11


def test_a_late_start_lowers_the_efficiency() -> None:
    answer = timeline(0, (0, 2), 10, workers=1, slots=[slot("img1", 1, 4, late_s=5)])
    assert answer.ideal_s == 5
    assert answer.overlap_efficiency == pytest.approx(0.5)
