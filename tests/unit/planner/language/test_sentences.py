"""Where a text may stop."""

from __future__ import annotations

import pytest

from planner_service.language.sentences import ELLIPSIS, LONGEST_UNMARKED, first_end, is_whole, shortened


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
        "Love \u2764\ufe0f",
        "3\ufe0f\u20e3",
        "वह चली।",
        "هل ذهبت؟",
    ],
)
def test_a_text_may_stop_where_a_sentence_or_line_does(text: str):
    assert is_whole(text)


@pytest.mark.parametrize(
    "text",
    [
        "It end",
        "It ended,",
        "The fox and ",
        "a (",
        "x =",
        "ein Füchslein",
        "वह चली",
        "ذهبت،",
        "海、",
        "他说「",
    ],
)
def test_a_text_that_goes_on_is_not_whole(text: str):
    assert not is_whole(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It is 3.14 m. Then", "It is 3.14 m."),
        ('"Go!" It went', '"Go!"'),
        ("Title\nText", "Title\n"),
        ("海。山", "海。"),
        ("海。**山**", "海。"),
        ("वह चली। फिर", "वह चली।"),
        ("«वह चली।» फिर", "«वह चली।»"),
        ("राम॥ फिर", "राम॥"),
        ("وہ چلی\u06d4 پھر", "وہ چلی\u06d4"),
        ("هل ذهبت؟! ثم", "هل ذهبت؟!"),
        ("Նա գնաց\u0589 Ապա", "Նա գնաց\u0589"),
        ("ሄደች። ከዚያ", "ሄደች።"),
        ("သွားသည်။ ထို", "သွားသည်။"),
        ("នាងទៅ។ បន្ទាប់", "នាងទៅ។"),
        ("Half a sent", None),
        ("Maybe 3.", None),
    ],
)
def test_a_sentence_ends_with_its_marks(text: str, sentence: str | None):
    assert (text[: first_end(text) or 0] or None) == sentence


PHRASE = "สุนัขจิ้งจอกเดินไปทะเล"


def test_a_sentence_in_a_script_without_marks_ends_with_a_phrase_once_it_is_long():
    text = f"{PHRASE} " * 20
    first = first_end(text)
    assert first is not None
    assert LONGEST_UNMARKED <= first <= LONGEST_UNMARKED + len(PHRASE) + 1
    assert text[first - 1 : first + 1] == PHRASE[-1] + " "
    assert first_end(text, first - 4) == first, "however much of it was looked at before"
    second = first_end(text, first)
    assert second is not None
    assert second - first >= LONGEST_UNMARKED


def test_other_sentences_may_be_as_long_as_they_like():
    assert first_end("and so on " * 200) is None
    assert first_end("The word ไทย is Thai " + "and so on " * 200) is None


@pytest.mark.parametrize(
    ("cut", "least", "kept"),
    [
        ("A fox. It runs. It is re", 0, "A fox. It runs."),
        ("A fox. It runs fa", 10, "A fox. It runs"),
        ("A fox. It runs.", 10, "A fox. It runs."),
        ("A fox runs,\nto", 12, "A fox runs,\nto"),
        ("Fox", 0, "Fox"),
        ("वह चली। वह सो", 0, "वह चली।"),
    ],
)
def test_a_text_that_was_cut_is_shortened_to_whole_sentences_or_else_words(cut: str, least: int, kept: str):
    assert shortened(cut, least) == kept
