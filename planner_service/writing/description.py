"""The description of a picture as it comes: when there is enough of it. It knows text only.

Several pictures may be described alike, so that a figure stays the same; one picture is described once.
"""

from __future__ import annotations

import re

from planner_service.language.grammar import LEAST_DESCRIPTION
from planner_service.language.sentences import first_end, shortened
from planner_service.writing.loops import loop_in
from planner_service.writing.repetition import letters_of

LEAST_SENTENCE = 8
"""Letters from which on a sentence of a description is not said twice."""

_PART_END = re.compile(r"\w(?=[,;.!?])")
# Before a blank: within a word there may be marks that are no letters, such as the vowels of Hindi, or the apostrophe of "fox's".
_WORD_END = re.compile(r"\w(?=\s)")

LOOK_EACH = 32
"""Characters between two looks at whether it repeats itself."""


class Description:
    """Ask it with each more of the description whether that is `enough`; `most_bytes` is how long it may become."""

    def __init__(self, most_bytes: int):
        self._most_bytes = most_bytes
        self._looked_at = 0
        self._said: set[str] = set()
        self._start = 0

    def enough(self, description: str) -> str:
        """What is taken of a description that is too long or says the same again; nothing if it may go on."""
        if len(description) < self._looked_at + LOOK_EACH:
            return ""
        if (once := self.once(description, is_whole=False)) != description:
            return once
        encoded = description.encode()
        if len(encoded) > self._most_bytes:
            return shortened(encoded[: self._most_bytes].decode(errors="ignore"), LEAST_DESCRIPTION)
        return ""

    def once(self, description: str, *, is_whole: bool) -> str:
        """A description up to where it begins to say again what it said, but long enough for a description.

        The last sentence of one that is not whole may go on otherwise.
        """
        while self._start < len(description):
            end = first_end(description, self._start)
            sentence = description[self._start : end or len(description)]
            letters = letters_of(sentence) if end or is_whole else ""
            if letters in self._said and self._start > LEAST_DESCRIPTION:
                return _cut(description, self._start)
            if loop := loop_in(sentence, self._looked_at - self._start):
                return _cut(description, self._start + loop[1])
            if len(letters) >= LEAST_SENTENCE:
                self._said.add(letters)
            if end is None:
                break
            self._start = end
        self._looked_at = len(description)
        return description


def _cut(description: str, at: int) -> str:
    """A description up to a place, or as much more of it as makes a description."""
    taken = description[:at].rstrip(" ,;\n")
    if len(taken) >= LEAST_DESCRIPTION:
        return taken
    for end in (_PART_END, _WORD_END):
        if found := end.search(description, LEAST_DESCRIPTION - 1):
            return description[: found.end()]
    return description


def said_once(description: str) -> str:
    """A whole description up to where it begins to say again what it said."""
    return Description(0).once(description, is_whole=True)
