"""How a request bounds its plan."""

from __future__ import annotations

import pytest

from planner_service.errors import PlanRefused
from planner_service.language.bounds import language_of
from planner_service.wire import ImagePart, Message, Mode, PicturePart, PlanRequest, TextPart

HELLO = Message(role="user", content=(TextPart(text="hello"),))


def request(mode: Mode = "auto", least: int = 0, most: int = 8, *messages: Message) -> PlanRequest:
    return PlanRequest(id="r", messages=messages or (HELLO,), mode=mode, least_images=least, most_images=most)


@pytest.mark.parametrize(
    ("mode", "least", "most", "bounds"),
    [
        ("auto", 0, 8, (0, 8)),
        ("auto", 2, 3, (2, 3)),
        ("text", 2, 3, (0, 0)),
        ("interleaved", 0, 8, (1, 8)),
        ("interleaved", 2, 8, (2, 8)),
        ("image", 0, 8, (1, 1)),
        ("image", 3, 4, (3, 4)),
    ],
)
def test_the_mode_and_the_counts_bound_the_slots(mode: Mode, least: int, most: int, bounds: tuple[int, int]):
    language = language_of(request(mode, least, most))
    assert (language.least, language.most) == bounds
    assert language.has_text is (mode != "image")


@pytest.mark.parametrize(("mode", "least", "most"), [("auto", 3, 2), ("interleaved", 0, 0), ("image", 0, 0)])
def test_counts_that_contradict_each_other_or_the_mode_are_refused(mode: Mode, least: int, most: int):
    with pytest.raises(PlanRefused, match="most_images"):
        language_of(request(mode, least, most))


def test_pictures_are_known_in_order_and_new_ones_count_on():
    user = Message(role="user", content=(ImagePart(id="in10"), ImagePart(id="in2"), TextPart(text="draw")))
    assistant = Message(role="assistant", content=(PicturePart(id="img2", description="a fox"),))
    language = language_of(request("auto", 0, 8, user, assistant, HELLO))
    assert language.known == ("in2", "in10", "img2")
    assert language.drawn(0) == "img3"
    assert language.nameable(2) == ("in2", "in10", "img2", "img3", "img4")


def test_pictures_that_failed_keep_their_numbers():
    asked = request().model_copy(update={"drawn_before": 4})
    assert language_of(asked).drawn(0) == "img5"
