from __future__ import annotations

from gateway.answer.references import MOST_REFERENCES, ReferenceChooser
from gateway.answer.request import Request
from planner_service.wire import ImagePart, Message, Slot
from tests.fakes import ask


def chosen(request: Request, *written: tuple[str, ...], most: int = 4) -> list[list[tuple[str, str]]]:
    """What each slot of an answer gets, as (id, who chose it), when the planner wrote these references."""
    chooser = ReferenceChooser(request, most)
    choices = (
        chooser.choose(
            f"img{request.drawn_before + n + 1}", Slot(index=n, description="d", references=references)
        )
        for n, references in enumerate(written)
    )
    return [[(wanted.id, wanted.chosen_by) for wanted in choice.wanted] for choice in choices]


def test_what_the_planner_wrote_is_taken_in_its_order():
    request = ask(known=("in1", "img1"))
    assert chosen(request, ("img1", "in1")) == [[("img1", "planner"), ("in1", "planner")]]


def test_what_the_client_forces_comes_first_and_only_once():
    request = ask(known=("in1", "in2"), forced_references=("in2",))
    assert chosen(request, ("in1", "in2"), ()) == [
        [("in2", "client"), ("in1", "planner")],
        [("in2", "client")],
    ]


def test_no_more_are_taken_than_do_good_or_the_model_allows():
    known = ("in1", "in2", "in3", "in4", "in5")
    request = ask(known=known)
    assert len(chosen(request, known, most=8)[0]) == MOST_REFERENCES
    assert chosen(request, ("in1", "in2", "in3"), most=1) == [[("in1", "planner")]]


def test_a_model_without_references_gets_none():
    assert chosen(ask(known=("in1",), forced_references=("in1",)), ("in1",), most=0) == [[]]


def test_an_id_that_names_nothing_earlier_is_reported():
    choice = ReferenceChooser(ask(known=("in1",)), 4).choose(
        "img1", Slot(index=0, description="d", references=("in1", "img1", "img9"))
    )
    assert [wanted.id for wanted in choice.wanted] == ["in1"]
    assert choice.unknown == ("img1", "img9")


def test_the_first_picture_of_a_story_has_no_reference_and_the_rest_take_it_as_their_anchor():
    assert chosen(ask(), (), (), ()) == [[], [("img1", "policy")], [("img1", "policy")]]


def test_images_attached_to_the_request_are_the_anchor():
    assert chosen(ask(known=("in1",)), ()) == [[("in1", "policy")]]
    assert chosen(ask(known=("in1", "in2", "in3")), ()) == [[("in1", "policy"), ("in3", "policy")]]


def test_a_planner_that_names_references_leaves_them_out_on_purpose():
    assert chosen(ask(), (), ("img1",), ()) == [[], [("img1", "planner")], []]


def test_pictures_of_earlier_turns_are_taken_only_by_name():
    assert chosen(ask(known=("img1", "img2")), (), ()) == [[], [("img3", "policy")]]
    assert chosen(ask(known=("img1", "img2")), ("img2",)) == [[("img2", "planner")]]


def test_images_of_earlier_messages_are_taken_only_by_name():
    request = ask(
        known=("in1",),
        messages=(
            Message(role="user", content=(ImagePart(id="in1"),)),
            Message(role="user", content=()),
        ),
    )
    assert chosen(request, ()) == [[]]


def test_without_the_policy_silence_means_no_reference():
    assert chosen(ask(known=("in1",), reference_policy="none"), (), ()) == [[], []]
