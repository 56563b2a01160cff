"""A planner that says the same again and again is stopped before it says it once more. It knows sentences only; `loops` looks into them."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter

MOST_TIMES = 3
"""That a long sentence may be said in one answer: a song has its chorus three times."""
MOST_IN_A_ROW = 2
MOST_SHORT_IN_A_ROW = 4
LONG = 12
"""Letters from which a sentence is long: "Yes." may come often, "The first picture is:" may not."""

PROSE = 45
"""Letters from which a sentence is no line of a verse."""
PARAGRAPH = 90
"""Letters of such sentences, one or several in the order they had before, from which on they are a paragraph said again."""

_NO_LETTERS = re.compile(r"[\W_]+")


class Said:
    """The sentences of one answer so far, its pictures passed over."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._often: list[str] = []
        self._last = ""
        self._in_a_row = 0
        self._in_code = False
        self._prose: list[str] = []
        self._sorted_prose: list[str] = []
        self._run: set[int] = set()
        self._run_letters = 0

    def add(self, sentence: str) -> None:
        """Take a sentence that has been said."""
        if sentence.count("```") % 2:
            self._in_code = not self._in_code
        letters = letters_of(sentence)
        if not letters or self._in_code:
            return
        self._times[letters] += 1
        if self._times[letters] == MOST_TIMES and len(letters) >= LONG:
            self._often.append(letters)
        self._in_a_row = self._in_a_row + 1 if letters == self._last else 1
        self._last = letters
        if len(letters) >= PROSE:
            self._run, self._run_letters = self._run_with(letters)
            self._prose.append(letters)
            insort(self._sorted_prose, letters)

    def is_enough(self, sentence: str, *, opens: bool = False) -> bool:
        """Whether this sentence must not come again: it was said too often, or a paragraph comes again with it.

        One that `opens` the text after a picture must not open the answer once more.
        """
        letters = letters_of(sentence)
        if not letters or self._in_code:
            return False
        if opens and len(letters) >= PROSE and [letters] == self._prose[:1]:
            return True
        return letters in self._enough() or self._run_with(letters)[1] >= PARAGRAPH

    def is_prose_again(self, sentence: str) -> bool:
        """Whether it was said before and may be the beginning of a paragraph that comes again."""
        letters = letters_of(sentence)
        return len(letters) >= PROSE and letters in self._times and not self._in_code

    def might_be_again(self, beginning: str) -> bool:
        """Whether a sentence that begins so, maybe with no letter yet, may turn out to be one that must not come, or a paragraph's."""
        letters = letters_of(beginning)
        if self._in_code:
            return False
        at = bisect_left(self._sorted_prose, letters)
        if at < len(self._sorted_prose) and self._sorted_prose[at].startswith(letters):
            return True
        return any(said.startswith(letters) for said in self._enough())

    def _enough(self) -> list[str]:
        most = MOST_IN_A_ROW if len(self._last) >= LONG else MOST_SHORT_IN_A_ROW
        return [*self._often, self._last] if self._in_a_row >= most else self._often

    def _run_with(self, letters: str) -> tuple[set[int], int]:
        """Where what comes again stood before, this sentence included, and how long it is."""
        if len(letters) < PROSE or letters not in self._times:
            return set(), 0
        goes_on = {at + 1 for at in self._run if self._prose[at + 1 : at + 2] == [letters]}
        if goes_on:
            return goes_on, self._run_letters + len(letters)
        return {at for at, said in enumerate(self._prose) if said == letters}, len(letters)


def letters_of(text: str) -> str:
    """What two sentences must share to be the same."""
    return _NO_LETTERS.sub("", text).lower()
