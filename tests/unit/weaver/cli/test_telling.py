from tests.unit.weaver.client.answers import golden, picture
from weaver import (
    PictureDescribed,
    PictureDone,
    PictureOpened,
    PictureProgress,
    PictureQueued,
    PictureStarted,
    TextDelta,
    TextDone,
)
from weaver.cli.telling import Drawing, Passage, Telling
from weaver.client.reading import read


def done(place, name="img1"):
    event = {
        "type": "response.output_item.done",
        "sequence_number": 9,
        "output_index": place,
        "item": picture(name),
    }
    told = read(event)
    assert isinstance(told, PictureDone)
    return told


def test_text_after_a_picture_waits_until_the_picture_is_there():
    telling = Telling()
    assert telling.hear(TextDelta(1, 0, "Once")) == []
    assert telling.hear(TextDone(2, 0, "Once.")) == [Passage("Once.", done=True)]
    assert telling.hear(PictureOpened(3, 1, "img1")) == []
    assert telling.hear(TextDone(4, 2, "The end.")) == []
    assert [type(item) for item in telling.pending] == [Drawing, Passage]

    settled = telling.hear(done(1))
    assert [type(item) for item in settled] == [Drawing, Passage]
    assert telling.pending == []


def test_a_picture_says_what_it_waits_for():
    telling = Telling()
    telling.hear(PictureOpened(1, 0, "img1"))
    states = []
    for event in (
        PictureDescribed(2, 0, "a fox", "64x64", 7),
        PictureQueued(3, 0, ()),
        PictureStarted(4, 0, 1, "w1"),
        PictureProgress(5, 0, 2, 4),
        PictureStarted(6, 0, 2, "w2"),
    ):
        telling.hear(event)
        (drawing,) = telling.pending
        states.append((drawing.description, drawing.state, drawing.step))
    assert states == [
        ("a fox", "being described", 0),
        ("a fox", "waiting for a visualizer", 0),
        ("a fox", "drawing", 0),
        ("a fox", "drawing", 2),
        ("a fox", "drawing", 0),
    ]


def test_all_of_an_answer_is_settled_in_order_once_it_has_ended():
    telling = Telling()
    settled = [item for told in golden() if (event := read(told)) for item in telling.hear(event)]
    assert [type(item) for item in settled] == [Passage, Drawing, Drawing]
    assert telling.pending == []
