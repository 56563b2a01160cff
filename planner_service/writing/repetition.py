"""A planner that says the same again and again is stopped before it says it once more. It knows sentences only."""

from __future__ import annotations

import re
from collections import Counter

MOST_TIMES = 3
"""That a long sentence may be said in one answer: a song has its chorus three times."""
MOST_IN_A_ROW = 2
MOST_SHORT_IN_A_ROW = 4
LONG = 20
"""Letters from which a sentence is long: "Yes." may come often."""

LOOPS = 4
"""Times that a phrase is said on end, within one sentence, when it is taken for a loop."""
PHRASE = range(8, 81)
"""Characters of such a phrase."""
LONG_SENTENCE = 160
"""Characters from which on a sentence is looked at: those of stories are shorter."""

_NO_LETTERS = re.compile(r"[\W_]+")


class Said:
    """The sentences of one answer so far."""

    def __init__(self) -> None:
        self._times: Counter[str] = Counter()
        self._last = ""
        self._in_a_row = 0
        self._in_code = False

    def add(self, sentence: str) -> None:
        """Take a sentence that has been said."""
        if sentence.count("```") % 2:
            self._in_code = not self._in_code
        letters = _letters(sentence)
        if not letters or self._in_code:
            return
        self._times[letters] += 1
        self._in_a_row = self._in_a_row + 1 if letters == self._last else 1
        self._last = letters

    def is_enough(self, sentence: str) -> bool:
        """Whether this sentence has been said so often that it must not come again."""
        letters = _letters(sentence)
        return bool(letters) and not self._in_code and letters in self._enough()

    def might_be_enough(self, beginning: str) -> bool:
        """Whether a sentence that begins so may turn out to be one of those."""
        letters = _letters(beginning)
        return not self._in_code and any(said.startswith(letters) for said in self._enough())

    def _enough(self) -> list[str]:
        often = [said for said, times in self._times.items() if len(said) >= LONG and times >= MOST_TIMES]
        most = MOST_IN_A_ROW if len(self._last) >= LONG else MOST_SHORT_IN_A_ROW
        return [*often, self._last] if self._last and self._in_a_row >= most else often


def _letters(text: str) -> str:
    return _NO_LETTERS.sub("", text).lower()


def loop_end(sentence: str, start: int) -> int | None:
    """Where a sentence has said a phrase so often on end that it must be a loop; up to `start` it was looked at before."""
    for end in range(max(start, LONG_SENTENCE), len(sentence) + 1):
        for length in PHRASE:
            whole = length * LOOPS
            if end < whole:
                break
            if sentence[end - 1] == sentence[end - 1 - length] and _loops(
                sentence[end - whole : end], length
            ):
                return end
    return None


def _loops(text: str, length: int) -> bool:
    return text == text[:length] * LOOPS and bool(_letters(text[:length]))
