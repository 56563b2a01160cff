import pytest

from visualizer_service.worker.pace import Pace


def test_nothing_is_known_before_the_first_picture() -> None:
    pace = Pace()
    pace.note(5.0, 0)
    assert pace.picture_s is None


def test_the_first_picture_has_all_the_work_that_was_done_for_it() -> None:
    pace = Pace()
    for _ in range(4):
        pace.note(0.5, 0)
    pace.note(0.5, 1)
    assert pace.picture_s == 2.5


def test_pictures_drawn_side_by_side_share_the_time() -> None:
    pace = Pace()
    pace.note(3.0, 0)
    pace.note(1.0, 8)
    assert pace.picture_s == pytest.approx(0.5)


def test_a_change_of_sizes_is_followed_within_twenty_pictures() -> None:
    pace = Pace()
    pace.note(1.0, 1)
    for _ in range(20):
        pace.note(3.0, 1)
    assert pace.picture_s == pytest.approx(3.0, rel=0.1)
