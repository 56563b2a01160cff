"""Loops within one sentence: a phrase said on end. It knows text only."""

from __future__ import annotations

from collections.abc import Iterator

from planner_service.writing.repetition import letters_of

LOOPS = 4
"""Times that a phrase is said on end, within one sentence, when it is taken for a loop."""
PHRASE = range(8, 81)
"""Characters of such a phrase."""
LONG_SENTENCE = 160
"""Characters from which on a sentence is looked at: those of stories are shorter."""


def loop_in(sentence: str, start: int = 0) -> tuple[int, int] | None:
    """Where a sentence has said a phrase so often on end that it must be a loop, and where it had said it once.

    Up to `start` it was looked at before.
    """
    for end in range(max(start, LONG_SENTENCE), len(sentence) + 1):
        for length in _lengths(sentence, end):
            whole = length * LOOPS
            if end >= whole and _loops(sentence[end - whole : end], length):
                return end, _first(sentence, end - whole, length)
    return None


def _lengths(sentence: str, end: int) -> Iterator[int]:
    """How long a phrase that is said on end up to there could be, by where its last characters stood before, shortest first."""
    shortest, longest = PHRASE[0], PHRASE[-1]
    tail, before = sentence[end - shortest : end], end - shortest
    while (at := sentence.rfind(tail, max(0, end - longest - shortest), before)) >= 0:
        yield end - shortest - at
        before = at + shortest - 1


def _first(sentence: str, begins: int, length: int) -> int:
    """Where a phrase said on end from `begins` on, or from before it, is over for the first time."""
    while begins and sentence[begins - 1] == sentence[begins - 1 + length]:
        begins -= 1
    return begins + length


def _loops(text: str, length: int) -> bool:
    return text == text[:length] * LOOPS and bool(letters_of(text[:length]))
