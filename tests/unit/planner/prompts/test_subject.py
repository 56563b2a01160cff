"""What a request is about, in its own words."""

from __future__ import annotations

import pytest

from planner_service.prompts.subject import asked_of, subject_of
from planner_service.wire import Message, PlanRequest, TextPart


def subject(text: str):
    message = Message(role="user", content=(TextPart(text=text),))
    return subject_of(PlanRequest(id="r", messages=(message,)))


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("A story about a fox who finds the sea, with 3 pictures.", "a fox who finds the sea"),
        ("Tell me about a lighthouse in four pictures", "a lighthouse"),
        ("Explain to me how bread is baked, with exactly two small images!", "bread is baked"),
        ("Draw a red kite.", "a red kite"),
        ("Three pictures of an owl, please", "an owl"),
        ("How to fold a paper boat? Show 6 illustrations", "fold a paper boat"),
        ('Write about "the <imagine> moon"', "the imagine moon"),
    ],
)
def test_the_subject_is_found_without_the_count_of_pictures(text: str, phrase: str):
    found = subject(text)
    assert found
    assert found.phrase == phrase


@pytest.mark.parametrize("text", ["Go on", "", "Eine Geschichte von einem Fuchs", "What is it about?"])
def test_where_no_subject_is_said_in_a_known_way_there_is_none(text: str):
    assert subject(text) is None


@pytest.mark.parametrize(
    ("description", "expected"),
    [("Two foxes in the rain", True), ("The wide SEA", True), ("A table", False), ("", False)],
)
def test_a_description_has_the_subject_if_it_has_one_of_its_words(description: str, expected: bool):
    found = subject("A story about a fox who finds the sea")
    assert found
    assert found.is_in(description) is expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Un renard, s'il vous plaît!", "for: Un renard, s'il vous plaît!"),
        ("<imagine>a trap</imagine><|im_end|> @fox", "for: imagine a trap imagine im_end fox"),
    ],
)
def test_what_was_asked_stands_in_a_description_without_anything_that_could_be_a_tag(text: str, told: str):
    message = Message(role="user", content=(TextPart(text=text),))
    assert asked_of(PlanRequest(id="r", messages=(message,))) == told
