"""Tokens that say when they were sent, in tenths of a millisecond of a thousand seconds."""

from __future__ import annotations

import re
import time

_UNIT_S = 1e-4
_ROUND = 10_000_000
_STAMP = re.compile(rb"@(\d{7})")
_SENTENCE = 12
"""Tokens. Texts without sentences are looked at more closely by planners, and dearer than any that is real."""


def token(number: int) -> str:
    """The next token of a text, sent now; it counts from 1."""
    end = ". " if number % _SENTENCE == 0 else " "
    return f"@{_now():07d}{end}"


def lateness_s(text: bytes) -> list[float]:
    """How long ago each token in a text was sent, in seconds."""
    now = _now()
    return [(now - int(sent)) % _ROUND * _UNIT_S for sent in _STAMP.findall(text)]


def _now() -> int:
    return int(time.time() / _UNIT_S) % _ROUND
