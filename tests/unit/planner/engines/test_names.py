"""What a model calls its pictures, made the names that they have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner_service.engines.names import Names
from planner_service.language.bounds import Language

SECOND_TURN = Language(least=0, most=8, known=("in1", "img1"), drawn_before=1)


def read(text: str, size: int = 500) -> str:
    names = Names(SECOND_TURN)
    return "".join(names.feed(text[at : at + size]) for at in range(0, len(text), size)) + names.end()


def tags(*headers: str) -> str:
    return " ".join(f"<imagine{header}>a fox</imagine>" for header in headers)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ((' id="img1"', ' id="img2" refs="img1"'), ' refs="img2"'),
        ((' id="img1"', " id='img2' refs='img1, in1'"), " refs='img2, in1'"),
        ((' id="fox"', ' id="b" refs="fox"'), ' refs="img2"'),
        ((' id="img1"', "", ' id="img3" refs="img1,img3"'), ' refs="img2,img3"'),
        (("", ' id="img2"', ' refs="img2"'), ' refs="img3"'),
        ((' id="img2"', ' id="img3" refs="img1"'), ' refs="img1"'),
        ((' id="img1" refs="img1"',), ' refs="img1"'),
        ((' id="in1"', ' refs="in1"'), ' refs="in1"'),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 500])
def test_references_follow_the_names_that_the_model_gave(written: tuple[str, ...], meant: str, size: int):
    *_, last = read(tags(*written), size).split("<imagine")
    assert meant in last


PIECES = st.sampled_from(
    ["<imagine", "<Imagine>", ' id="img1"', ' refs="img1"', ">", "</imagine>", "<", "fox ", "<b>", " "]
)


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(1, 9))
def test_any_chunking_gives_the_same_text_and_only_references_are_changed(text: str, size: int):
    assert read(text, size) == read(text)
    assert len(read(text)) == len(text)


def test_text_waits_only_for_the_end_of_an_opening_tag():
    names = Names(SECOND_TURN)
    assert names.feed("one < two <b> <im") == "one < two <b> "
    assert names.feed("p, <imagine id='img1'") == "<imp, "
    assert names.feed(">a <") == "<imagine id='img1'>a "
    assert names.end() == "<"
