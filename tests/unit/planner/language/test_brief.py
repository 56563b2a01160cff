"""The line that tells a planner trained on the language the bounds of its answer."""

import pytest

from planner_service.language.bounds import Language
from planner_service.language.brief import brief


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (Language(0, 0), "[0 pictures]"),
        (Language(0, 8), "[0 to 8 pictures from img1]"),
        (Language(0, 1), "[0 to 1 picture from img1]"),
        (Language(1, 1, has_text=False), "[1 picture from img1 without text]"),
        (Language(4, 4, known=("in1", "img1", "img2"), drawn_before=2), "[4 pictures from img3]"),
        (Language(2, 3, sizes=("128x128", "160x96")), "[2 to 3 pictures from img1, 128x128 160x96]"),
    ],
    ids=["text only", "free", "at most one", "a bare picture", "later in a conversation", "sizes"],
)
def test_the_bounds_are_told_in_one_short_line(language: Language, line: str) -> None:
    assert brief(language) == line
