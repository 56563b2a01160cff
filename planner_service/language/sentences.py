"""Where sentences end, so that no text is cut in the middle of one. It knows text only, of any language that marks its sentences' ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from unicodedata import category

_CLOSERS = r"""["'\u201d\u2019\u00bb)\]*_`]*"""
_MARKS = r"\u0589\u061f\u06d4\u0964\u0965\u0f0d\u0f0e\u104b\u1362\u1367\u17d4\u17d5"
"""Of Armenian, Arabic, Urdu, Hindi and its sisters, Tibetan, Burmese, Amharic and Khmer. Nothing but an end has them, so no blank is waited for."""
_END = re.compile(
    rf"[.!?\u2026]+{_CLOSERS}(?=\s)|[{_MARKS}]+[.!?]*{_CLOSERS}|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019]*|\n"
)

_UNMARKED = re.compile(r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Tibetan, Burmese and Khmer do not mark them as others do."""
_END_OR_PHRASE = re.compile(rf"{_END.pattern}|(?<={_UNMARKED.pattern})(?=\s)")
LONGEST_UNMARKED = 160
"""Characters from which on a sentence of theirs is over with its next phrase, before a blank: nothing else may end it until the tokens do."""

_GOES_ON = ",;-\u2013\u2014(/&@+=<\u055d\u060c\u061b\u1363\u1364\u3001\uff0c\uff1b\uff08\u300c\u300e"
ELLIPSIS = "\u2026"
BYTES_PER_TOKEN = 3
"""About, and on the safe side: 4 in English, 3 in scripts whose characters are mostly tokens of their own."""


def first_end(text: str, start: int = 0) -> int | None:
    """Where the first sentence that ends from `start` on is over; one at the very end of `text` may still go on (`3.` in `3.14`)."""
    if text.isascii() or not _UNMARKED.search(text):
        found = _END.search(text, start)
        return found.end() if found else None
    # How long a sentence is depends on where the last one ended, however much of it was looked at before.
    return next((end for end in _unmarked_ends(text) if end > start), None)


def _unmarked_ends(text: str) -> Iterator[int]:
    last = 0
    for found in _END_OR_PHRASE.finditer(text):
        if found.group() or found.end() - last >= LONGEST_UNMARKED:
            last = found.end()
            yield last


def is_whole(text: str) -> bool:
    """Whether a text stops where a sentence may; an empty one does."""
    solid = text.rstrip()
    if not solid or "\n" in text[len(solid) :]:
        return True
    # A vowel's sign or an emoji's variant is no character of its own: what counts is what it stands on.
    last = next((one for one in reversed(solid) if category(one) not in ("Mn", "Mc", "Cf")), solid[-1])
    return not (last.isalnum() or last in _GOES_ON) or bool(_UNMARKED.match(last))


def shortened(cut: str, least_characters: int = 0) -> str:
    """A text that was cut, up to its last whole sentence, else its last whole word, if that leaves it long enough; else as it is."""
    sentences = [cut[: found.end()].rstrip() for found in _END.finditer(f"{cut} ")]
    if sentences and len(sentences[-1]) >= least_characters:
        return sentences[-1]
    words = (cut[: cut.rfind(" ")] if " " in cut.strip() else cut).rstrip()
    return words if len(words) >= least_characters else cut.rstrip()


def estimated_tokens(text: str) -> int:
    """Tokens of a text by its bytes: the same for each tokenizer, so that a plan depends on its text alone."""
    return len(text.encode()) // BYTES_PER_TOKEN
