import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.weaver.client.answers import PNG, golden, message, picture, response, sse
from weaver import (
    Began,
    Finished,
    NotUnderstood,
    Picture,
    PictureDescribed,
    PictureDone,
    PictureFailed,
    PictureOpened,
    PicturePreview,
    PictureProgress,
    PictureQueued,
    PictureStarted,
    Reference,
    Text,
    TextDelta,
    TextDone,
)
from weaver.client.answer import answer
from weaver.client.reading import Interrupted, Reader, read
from weaver.client.sse import Decoder

STREAM = sse(*golden(), {"type": "weaver.news", "text": "é\u2028…"})


def pieces(stream, cuts):
    edges = [0, *sorted(cuts), len(stream)]
    return [stream[start:end] for start, end in itertools.pairwise(edges)]


def fed(decoder, stream, cuts=()):
    return [event for piece in pieces(stream, cuts) for event in decoder.feed(piece)]


@given(st.sets(st.integers(0, len(STREAM)), max_size=40))
def test_a_stream_reads_alike_however_it_is_cut(cuts):
    assert fed(Reader(), STREAM, cuts) == fed(Reader(), STREAM)


@pytest.mark.parametrize("length", [1, 2, 7])
def test_a_stream_reads_alike_in_small_pieces_of_equal_length(length):
    assert fed(Reader(), STREAM, range(0, len(STREAM), length)) == fed(Reader(), STREAM)


def test_an_event_may_have_lines_that_end_as_on_windows_and_data_of_several_lines():
    stream = b'data: {"a":\r\ndata:  1}\r\n\r\n: hb\r\n\r\nid: 3\n\ndata:2\n\n'
    assert [json.loads(data) for data in fed(Decoder(), stream)] == [{"a": 1}, 2]


def test_what_has_no_blank_line_yet_is_not_an_event():
    assert fed(Decoder(), b"data: 1\n") == []


def test_every_event_of_the_golden_stream_is_read_in_the_clients_words():
    events = fed(Reader(), STREAM)
    seen = {type(event) for event in events}
    assert seen == {
        Began,
        TextDelta,
        TextDone,
        PictureOpened,
        PictureDescribed,
        PictureQueued,
        PictureStarted,
        PictureProgress,
        PicturePreview,
        PictureDone,
        PictureFailed,
        Finished,
    }
    assert [event.number for event in events] == sorted(event.number for event in events)
    done = next(event.picture for event in events if isinstance(event, PictureDone))
    assert (done.id, done.description, done.data) == ("img1", "a fox", PNG)
    assert done.references == (Reference("in1", "policy"),)
    assert (done.width_px, done.height_px, done.seed, done.worker) == (64, 48, 7, "w2")


def test_the_last_event_holds_the_answer_in_order():
    last = fed(Reader(), STREAM)[-1]
    assert isinstance(last, Finished)
    whole = last.answer
    assert (whole.status, whole.text, whole.seed) == ("completed", "One fox.", 100)
    assert [type(part) for part in whole.parts] == [Text, Picture, Picture]
    assert whole.pictures[1].failure is not None
    assert whole.pictures[1].failure.code == "incomplete_description"
    assert whole.timeline is not None


def test_the_last_words_of_a_stream_interrupt_it():
    with pytest.raises(Interrupted, match="shutting down"):
        fed(Reader(), sse({"type": "error", "sequence_number": 3, "message": "shutting down"}))


@pytest.mark.parametrize("data", ["[DONE]", "[]", '{"type": "response.completed"}', '{"text": "no type"}'])
def test_a_stream_of_something_else_is_not_understood(data):
    with pytest.raises(NotUnderstood):
        fed(Reader(), f"data: {data}\n\n".encode())


@pytest.mark.parametrize("change", [{"picture": "../../.profile"}, {"output_format": "png/../x"}])
def test_what_would_become_a_dangerous_file_name_is_refused(change):
    with pytest.raises(ValueError, match="a picture's"):
        answer(response(picture("img1", **change)))


def test_events_that_are_not_known_yet_are_passed_over():
    place = {"sequence_number": 1, "output_index": 0}
    assert read(place | {"type": "response.image_generation_call.dreamt"}) is None
    assert read(place | {"type": "response.image_generation_call.in_progress", "state": "dreamt"}) is None


def test_pictures_that_came_as_urls_are_undelivered_until_their_files_are_there():
    whole = answer(response(picture("img1", result=None), picture("img2")))
    assert whole.undelivered == ("file-img1",)
    assert [drawn.data for drawn in whole.with_files({"file-img1": b"1"}).pictures] == [b"1", PNG]


def test_thoughts_are_no_part_of_an_answer():
    spoken = {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "Hm."}]}
    summed_up = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    read_answer = answer(response(spoken, message("Once."), summed_up, picture("img1"), timeline=None))
    assert [type(part) for part in read_answer.parts] == [Text, Picture]
    assert read_answer.text == "Once."
