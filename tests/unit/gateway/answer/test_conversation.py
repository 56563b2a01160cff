"""How images are named through a conversation."""

from gateway.answer.conversation import Conversation, Drawn, Sent
from gateway.answer.document import Document, Picture, Text
from gateway.answer.events import ReferenceUsed
from gateway.answer.request import KnownPicture
from planner_service.wire import ImagePart, PicturePart, TextPart
from tests.fakes import ask, blob


def picture(item, id, chosen_by="planner", references=("in1",), drawn=True):
    return Picture(
        item=item,
        slot=0,
        id=id,
        opened_at=0,
        description=f"about {id}",
        width_px=64,
        height_px=48,
        blob=blob(id) if drawn else None,
        references=tuple(ReferenceUsed(id=name, blob=blob(name), chosen_by=chosen_by) for name in references),
    )


def test_images_are_named_by_who_made_them_and_in_order():
    conversation = Conversation()
    conversation.add("user", ["look", Sent("a"), Sent("b", "a fox")])
    conversation.add("assistant", [Drawn("c", "a hat")])
    conversation.add("user", [Sent("d")])

    assert [part for message in conversation.messages for part in message.content] == [
        TextPart(text="look"),
        ImagePart(id="in1"),
        ImagePart(id="in2", description="a fox"),
        PicturePart(id="img1", description="a hat"),
        ImagePart(id="in3"),
    ]
    assert [(known.id, known.blob) for known in conversation.pictures] == [
        ("in1", "a"),
        ("in2", "b"),
        ("img1", "c"),
        ("in3", "d"),
    ]


def test_what_the_assistant_says_in_turns_running_is_one_answer():
    conversation = Conversation()
    conversation.add("user", ["hello"])
    conversation.add("assistant", ["one"])
    conversation.add("assistant", [Drawn("c", "a hat")])
    conversation.add("assistant", ["two"])

    assert [message.role for message in conversation.messages] == ["user", "assistant"]


def test_a_later_turn_counts_on_and_knows_what_was_drawn():
    request = ask(known=["in1", "img1"], drawn_before=1)
    answer = Document(state="completed", items=(Text(0, "Once.", True), picture(1, "img2")))

    conversation = Conversation.after(request, answer)
    conversation.add("user", [Sent("new"), "more"])

    assert conversation.messages[-2].content == (
        TextPart(text="Once."),
        PicturePart(id="img2", description="about img2", references=("in1",), size="64x48"),
    )
    assert conversation.messages[-1].content[0] == ImagePart(id="in2")
    assert KnownPicture("img2", blob("img2"), "about img2") in conversation.pictures
    assert conversation.drawn == 2


def test_a_failed_picture_keeps_its_number_and_is_not_spoken_of():
    answer = Document(items=(picture(0, "img1", drawn=False), picture(1, "img2")))

    conversation = Conversation.after(ask(), answer)

    assert [part.id for part in conversation.messages[-1].content] == ["img2"]
    assert conversation.drawn == 2


def test_references_that_the_planner_did_not_write_are_not_put_in_its_mouth():
    answer = Document(items=(picture(0, "img1", chosen_by="policy"),))

    assert Conversation.after(ask(), answer).messages[-1].content[0].references == ()


def test_sizes_are_spoken_of_only_where_the_planner_chose_them():
    answer = Document(items=(picture(0, "img1"),))

    assert Conversation.after(ask(sizes=()), answer).messages[-1].content[0].size is None


def test_an_answer_with_nothing_in_it_leaves_no_turn():
    assert [message.role for message in Conversation.after(ask(), Document()).messages] == ["user"]


def test_instructions_hold_for_their_own_answer_only():
    first = Conversation()
    first.add("user", ["hello"])
    first.instruct("Be brief.")
    request = ask(messages=tuple(first.messages), instructions="Be brief.")

    assert [message.role for message in first.messages] == ["system", "user"]
    assert [message.role for message in Conversation.after(request, Document()).messages] == ["user"]
