"""Tells a painter what each of its references is, in the words in which its model cites images: "Image 1: a small red fox, as drawn before"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MOST_CHARS: Final = 80
"""Of what a reference is called: with four of them a description of 120 words still fits into 512 tokens."""
_MARKS: Final = ".!?\u2026\u3002\uff01\uff1f\u0589\u061f\u06d4\u0964\u0965\u0f0d\u104b\u1362\u1367\u17d4"
"""What ends a sentence: in Latin, Chinese, Armenian, Arabic, Urdu, Hindi, Tibetan, Burmese, Amharic and Khmer writing."""
_END: Final = re.compile(rf"[{_MARKS};:\n\uff1b\uff1a\u061b]|[,\u060c]\s|\uff0c")


def with_legend(description: str, references: Sequence[tuple[str, str | None]], cites: str | None) -> str:
    """The description, and after it what its references are, in their order; nothing more for a model that cites none.

    Args:
        references: names in the conversation, and the descriptions of those that have any.
        cites: how the model cites an image, with `{number}`, which counts from 1.
    """
    if cites is None or not references:
        return description
    told = [
        f"{cites.format(number=number)}: {_called(name, known)}."
        for number, (name, known) in enumerate(references, 1)
    ]
    return " ".join([description if description.endswith(tuple(_MARKS)) else f"{description}.", *told])


def _called(name: str, description: str | None) -> str:
    subject = _subject(description or "")
    if name.startswith("in"):
        return f"{subject}, as the user sent it" if subject else "as the user sent it"
    return f"{subject}, as drawn before" if subject else "as drawn before"


def _subject(description: str) -> str:
    """What a description begins with, to the end of its first phrase; whole words."""
    phrase = _END.split(" ".join(description.split()), maxsplit=1)[0]
    if len(phrase) <= MOST_CHARS:
        return phrase
    return phrase[: phrase.rfind(" ", 0, MOST_CHARS)] if " " in phrase[:MOST_CHARS] else phrase[:MOST_CHARS]
