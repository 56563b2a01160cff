from tests.unit.weaver.client.answers import golden, picture
from weaver import (
    Finished,
    PictureDescribed,
    PictureDone,
    PictureOpened,
    PictureProgress,
    PictureQueued,
    PictureStarted,
    TextDelta,
    TextDone,
)
from weaver.cli.progress import PictureItem, ProgressView, TextItem
from weaver.client.reading import read


def done(place, name="img1"):
    event = {
        "type": "response.output_item.done",
        "sequence_number": 9,
        "output_index": place,
        "item": picture(name),
    }
    done_event = read(event)
    assert isinstance(done_event, PictureDone)
    return done_event


def test_text_after_a_picture_waits_until_the_picture_is_there():
    view = ProgressView()
    assert view.add(TextDelta(1, 0, "Once")) == []
    assert view.add(TextDone(2, 0, "Once.")) == [TextItem("Once.", done=True)]
    assert view.add(PictureOpened(3, 1, "img1")) == []
    assert view.add(TextDone(4, 2, "The end.")) == []
    assert [type(item) for item in view.pending] == [PictureItem, TextItem]

    settled = view.add(done(1))
    assert [type(item) for item in settled] == [PictureItem, TextItem]
    assert view.pending == []


def test_a_picture_says_what_it_waits_for():
    view = ProgressView()
    view.add(PictureOpened(1, 0, "img1"))
    states = []
    for event in (
        PictureDescribed(2, 0, "a fox", "64x64", 7),
        PictureQueued(3, 0, ()),
        PictureStarted(4, 0, 1, "w1"),
        PictureProgress(5, 0, 2, 4),
        PictureStarted(6, 0, 2, "w2"),
    ):
        view.add(event)
        (item,) = view.pending
        assert isinstance(item, PictureItem)
        states.append((item.description, item.state, item.step))
    assert states == [
        ("a fox", "described", 0),
        ("a fox", "waiting for a visualizer", 0),
        ("a fox", "drawing", 0),
        ("a fox", "drawing", 2),
        ("a fox", "drawing", 0),
    ]


def test_all_of_an_answer_is_settled_in_order_once_it_has_ended():
    view = ProgressView()
    settled = [item for data in golden() if (event := read(data)) for item in view.add(event)]
    assert [type(item) for item in settled] == [TextItem, PictureItem, PictureItem]
    assert view.pending == []


def test_what_follows_a_place_with_nothing_to_show_is_shown_all_the_same():
    view = ProgressView()
    assert view.add(TextDelta(5, 1, "Once")) == []
    assert view.add(TextDone(6, 1, "Once.")) == [TextItem("Once.", done=True)]
    assert view.add(PictureOpened(7, 3, "img1")) == []
    assert [type(item) for item in view.pending] == [PictureItem]
    assert view.add(TextDone(8, 4, "The end.")) == []
    assert [type(item) for item in view.add(done(3))] == [PictureItem, TextItem]


def test_at_the_end_everything_is_shown_though_a_place_is_missing():
    view = ProgressView()
    view.add(TextDelta(5, 1, "Cut sho"))
    (last,) = (event for data in golden() if isinstance(event := read(data), Finished))
    assert view.add(last) == [TextItem("Cut sho")]
