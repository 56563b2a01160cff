"""Where a text may stop."""

from __future__ import annotations

import pytest

from planner_service.language.sentences import ELLIPSIS, first_end, is_whole, shortened


@pytest.mark.parametrize(
    "text",
    [
        "",
        "It ended.",
        'He said "no."',
        "See:",
        "**Title**",
        "- item\n",
        "Go! \n",
        "完了。",
        "fin" + ELLIPSIS,
        "ไปทะเล",
        "🦊",
    ],
)
def test_a_text_may_stop_where_a_sentence_or_line_does(text: str):
    assert is_whole(text)


@pytest.mark.parametrize("text", ["It end", "It ended,", "The fox and ", "a (", "x =", "ein Füchslein"])
def test_a_text_that_goes_on_is_not_whole(text: str):
    assert not is_whole(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It is 3.14 m. Then", "It is 3.14 m."),
        ('"Go!" It went', '"Go!"'),
        ("Title\nText", "Title\n"),
        ("海。山", "海。"),
        ("Half a sent", None),
        ("Maybe 3.", None),
    ],
)
def test_a_sentence_ends_with_its_marks(text: str, sentence: str | None):
    assert (text[: first_end(text) or 0] or None) == sentence


@pytest.mark.parametrize(
    ("cut", "least", "kept"),
    [
        ("A fox. It runs. It is re", 0, "A fox. It runs."),
        ("A fox. It runs fa", 10, "A fox. It runs"),
        ("A fox. It runs.", 10, "A fox. It runs."),
        ("A fox runs,\nto", 12, "A fox runs,\nto"),
        ("Fox", 0, "Fox"),
    ],
)
def test_a_text_that_was_cut_is_shortened_to_whole_sentences_or_else_words(cut: str, least: int, kept: str):
    assert shortened(cut, least) == kept
