"""What counts as babble and as a wrong count, and that the wishes are the hundred that they are said to be."""

import pytest

from bench.wishes.wish import PICTURE, Wish, faults_of
from bench.wishes.wishes import going_on, hundred

STORY = Wish("A story about a fox", least=2, most=2)
FOX = "A fox lived in the wood. It was red."


def test_an_answer_that_is_as_wished_has_no_fault():
    assert not list(faults_of(STORY, [FOX, PICTURE, "It slept.", PICTURE, "The end."]))


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ([FOX, PICTURE], "1 pictures, not 2 to 2"),
        ([PICTURE, " ", PICTURE], "no text"),
        (["word " * 80, PICTURE, PICTURE], "a text of 400 characters"),
        (["Gladly.Gladly.Here is a story.", PICTURE, PICTURE], "said twice: Gladly"),
        ([FOX, PICTURE, f"It slept. {FOX}", PICTURE], "said twice: A fox lived in the wood."),
    ],
)
def test_each_fault_is_told(parts: list[str | None], fault: str):
    [told] = faults_of(STORY, parts)
    assert told.startswith(fault)


@pytest.mark.parametrize(
    ("wish", "pictures"),
    [
        (Wish("A fox", mode="text"), 0),
        (Wish("A fox", mode="image"), 1),
        (Wish("A fox", mode="auto"), 0),
        (Wish("A fox", most=3), 3),
        (Wish("Go on", mode="auto", least=1, after="A fox"), 1),
    ],
)
def test_what_is_not_said_is_as_the_mode_has_it(wish: Wish, pictures: int):
    text = [] if wish.mode == "image" else [FOX]
    assert not list(faults_of(wish, [*text, *[PICTURE] * pictures]))
    assert list(faults_of(wish, [*text, *[PICTURE] * (wish.bounds[1] + 1)]))


def test_there_are_a_hundred_wishes_and_twenty_ways_to_go_on():
    wishes, ways = list(hundred()), list(going_on())
    assert (len(wishes), len({wish.seed for wish in wishes})) == (100, 100)
    assert {wish.way for wish in wishes} == {"api", "cli", "mcp"}
    assert {wish.mode for wish in wishes} == {"auto", "text", "image", "interleaved"}
    assert len({wish.text for wish in ways}) == 20
