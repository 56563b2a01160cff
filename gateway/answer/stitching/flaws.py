"""What is wrong with a picture by its looks alone, whoever drew it: it is an earlier one again, or several in one frame."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from gateway.answer.events import Flaw
from visualizer_service.wire import Done

BITS: Final = 256
"""Of a look that say where it grows brighter from left to right; the rest are colours, a byte each."""
MOST_BITS_APART: Final = 12
MOST_SHADES_APART: Final = 12
"""Two pictures that differ less are the same to people."""


def flaws_of(done: Done, earlier: Iterable[tuple[str, str]]) -> tuple[Flaw, ...]:
    """The flaws of a picture; `earlier` are names and looks of the answer's other pictures. A placeholder has none."""
    if done.simulated:
        return ()
    flaws = [Flaw(code="collage")] if done.panels else []
    look = done.look
    if look is not None:
        like = next((name for name, other in earlier if is_same(look, other)), None)
        flaws += [Flaw(code="repeated", like=like)] if like else []
    return tuple(flaws)


def is_same(look: str, other: str) -> bool:
    """Whether two looks are those of the same picture."""
    end = BITS // 4
    apart = (int(look[:end], 16) ^ int(other[:end], 16)).bit_count()
    shades = zip(bytes.fromhex(look[end:]), bytes.fromhex(other[end:]), strict=True)
    return apart <= MOST_BITS_APART and all(abs(one - two) <= MOST_SHADES_APART for one, two in shades)


def in_words(flaw: Flaw) -> str:
    """A flaw, for people and for critics."""
    if flaw.code == "repeated":
        return f"It is the same picture as {flaw.like}."
    return "It is several pictures in one frame."
