"""Where sentences end, so that no text is cut in the middle of one. It knows text only, of any language that marks its sentences' ends."""

from __future__ import annotations

import re

_END = re.compile(
    r"""[.!?\u2026]+["'\u201d\u2019\u00bb)\]*_`]*(?=\s)|[\u3002\uff01\uff1f]+[\u300d\u300f\u201d\u2019]*|\n"""
)
_UNMARKED = re.compile(r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Tibetan, Burmese and Khmer do not mark them as others do."""

_GOES_ON = ",;-\u2013\u2014(/&@+=<"
ELLIPSIS = "\u2026"
BYTES_PER_TOKEN = 3
"""About, and on the safe side: 4 in English, 3 in scripts whose characters are mostly tokens of their own."""


def first_end(text: str, start: int = 0) -> int | None:
    """Where the first sentence that ends from `start` on is over; one at the very end of `text` may still go on (`3.` in `3.14`)."""
    found = _END.search(text, start)
    return found.end() if found else None


def is_whole(text: str) -> bool:
    """Whether a text stops where a sentence may; an empty one does."""
    solid = text.rstrip()
    if not solid or "\n" in text[len(solid) :]:
        return True
    last = solid[-1]
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
