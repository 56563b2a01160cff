"""A phrase said on end within one sentence is found where it must be a loop, and found as soon as looking everywhere would find it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner_service.writing.loops import LONG_SENTENCE, LOOPS, PHRASE, loop_in
from planner_service.writing.repetition import letters_of

BEFORE = "Once upon a time, in a land far away, " * 3 + "there was "


def looked_for_everywhere(sentence: str) -> int | None:
    """Where the first loop is complete, by its definition."""
    for end in range(LONG_SENTENCE, len(sentence) + 1):
        for length in PHRASE:
            phrase = sentence[max(0, end - length) : end]
            if len(phrase) == length and letters_of(phrase) and sentence[:end].endswith(phrase * LOOPS):
                return end
    return None


@pytest.mark.parametrize("phrase", ["a fish, ", "a fish in the sea, ", "x" * 79 + " "])
def test_a_phrase_said_on_end_is_found_with_where_it_had_been_said_once(phrase: str):
    end, once = loop_in(BEFORE + phrase * 9) or (0, 0)
    assert end <= len(BEFORE + phrase * (LOOPS + 1)) or end == LONG_SENTENCE
    assert len(BEFORE) <= once <= len(BEFORE + phrase)


@pytest.mark.parametrize(
    "sentence", [BEFORE, BEFORE + "a fish in a sea, " * (LOOPS - 1) + "and that was all", BEFORE + "-" * 400]
)
def test_what_is_short_or_said_less_often_or_is_no_words_is_none(sentence: str):
    assert loop_in(sentence) is None


@given(
    st.text("ab ,", max_size=60),
    st.text("abc ", min_size=1, max_size=90),
    st.integers(1, 12),
    st.text("ab", max_size=9),
)
def test_it_is_found_where_looking_everywhere_finds_it(before: str, phrase: str, times: int, after: str):
    sentence = before + phrase * times + after
    found = loop_in(sentence)
    assert (found and found[0]) == looked_for_everywhere(sentence)


@given(st.text("abc ", min_size=8, max_size=80), st.lists(st.integers(1, 40), max_size=20))
def test_it_is_the_same_however_the_sentence_came(phrase: str, sizes: list[int]):
    sentence, looked_at = BEFORE + phrase * 6, 0
    for size in [*sizes, len(sentence)]:
        so_far = sentence[: min(len(sentence), looked_at + size)]
        if found := loop_in(so_far, looked_at):
            assert found == loop_in(sentence)
            return
        looked_at = len(so_far)
    assert loop_in(sentence) is None
