"""Each dialect is read from the golden streams that pin what the gateway writes."""

import json
from pathlib import Path

import pytest

from bench.load.dialects import DIALECTS
from bench.load.marks import Ended, Mark, NoPicture, Picture, Preview, Text

GOLDEN = Path(__file__).parents[3] / "golden"


def read(name: str, stream: str) -> tuple[list[Mark], Ended | None]:
    dialect = DIALECTS[name]()
    events = json.loads((GOLDEN / f"{stream}.json").read_text())
    return [mark for event in events for mark in dialect.marks(event)], dialect.at_close()


def test_a_response_tells_texts_previews_pictures_and_its_end_by_place() -> None:
    marks, _ = read("responses", "responses_stream")
    assert marks == [
        Text(0),
        Text(0),
        Preview(1),
        Picture(1),
        NoPicture(2, "incomplete_description"),
        Ended("completed"),
    ]


def test_a_chat_tells_pictures_as_they_come() -> None:
    marks, _ = read("chat", "chat_stream")
    assert [mark for mark in marks if not isinstance(mark, Text)] == [
        Picture(1),
        NoPicture(2, "incomplete_description"),
        Ended("completed", "stop"),
    ]
    assert marks.count(Text(0)) == 3


def test_googles_parts_are_numbered_as_they_come() -> None:
    marks, _ = read("gemini", "gemini_stream")
    assert marks == [
        Text(1),
        Text(1),
        Picture(2),
        NoPicture(3, "incomplete_description"),
        Ended("completed", "STOP"),
    ]


def test_pictures_alone_have_ended_when_their_stream_closes() -> None:
    marks, at_close = read("images", "images_stream")
    assert marks == [Preview(0), Picture(0), NoPicture(1, "incomplete_description")]
    assert at_close == Ended("completed")
    assert DIALECTS["images"]().at_close() is None


@pytest.mark.parametrize(
    ("name", "how"),
    [("responses", "incomplete"), ("chat", "incomplete"), ("gemini", "incomplete")],
)
def test_an_answer_that_was_cut_short_is_not_taken_for_whole(name: str, how: str) -> None:
    marks, _ = read(name, f"{name}_stream_incomplete")
    ends = [mark for mark in marks if isinstance(mark, Ended)]
    assert [end.how for end in ends] == [how]


@pytest.mark.parametrize("name", ["responses", "chat", "gemini"])
def test_an_answer_that_failed_says_why(name: str) -> None:
    marks, _ = read(name, f"{name}_stream_failed")
    (end,) = [mark for mark in marks if isinstance(mark, Ended)]
    assert end.how == "failed"
    assert end.code not in (None, "None")


@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_question_says_model_prompt_and_options(name: str) -> None:
    path, body = DIALECTS[name].question("a-model", "a fox", {"seed": 7})
    assert "a-model" in path + str(body)
    assert "a fox" in str(body)
    assert body["seed"] == 7
