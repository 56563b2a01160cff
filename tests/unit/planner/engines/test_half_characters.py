"""However a text is cut, halves of characters included, it is told whole; and what is told can always be sent on."""

from __future__ import annotations

from itertools import product

from planner_service.engines.half_characters import WholeCharacters, mended

LEAD, TRAIL = "\ud83e", "\udd8a"


def told(*pieces: str) -> str:
    whole = WholeCharacters()
    return "".join([*map(whole.next, pieces), whole.end()])


def test_a_text_is_the_same_however_it_is_cut():
    for units in product(("a", "\u00e9", "\ufeff", LEAD, TRAIL), repeat=4):
        text = "".join(units)
        assert told(*units) == told(text) == told(text[:2], "", text[2:]) == mended(text)
        assert mended(text).encode()


def test_halves_that_meet_are_one_character_and_those_alone_are_replaced():
    assert mended(f"a{LEAD}{TRAIL}{LEAD}b{TRAIL}") == "a\U0001f98a\ufffdb\ufffd"


def test_plain_text_never_waits():
    whole = WholeCharacters()
    assert [whole.next(piece) for piece in ("A ", "f\u00f6x", "\U0001f98a")] == [
        "A ",
        "f\u00f6x",
        "\U0001f98a",
    ]
    assert whole.end() == ""
