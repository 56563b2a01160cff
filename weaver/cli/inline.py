"""Pictures inside the terminal, where it can show them.

Source:
    The terminal graphics protocol of kitty (sw.kovidgoyal.net/kitty/graphics-protocol): `a=T` shows what is sent, `f=100` is PNG, chunks
    of at most 4096 characters with `m=1` on all but the last, `q=2` keeps the terminal from answering into the shell's input.
    Inline images of iTerm2 (iterm2.com/documentation-images).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping

from rich.console import Console, ConsoleOptions
from rich.segment import ControlType, Segment

from weaver import Picture

CHUNK_CHARS = 4096
# A picture is shown at about its own size, and never wider than a column of text.
COLUMN_PX, MOST_COLUMNS = 10, 60

Encode = Callable[[Picture, int], str]


def picture_encoder(environment: Mapping[str, str]) -> Encode | None:
    """How this terminal wants pictures; None if it shows none, or nobody knows. Inside tmux and screen nobody does."""
    if environment.get("TMUX") or environment.get("TERM", "").startswith(("screen", "tmux")):
        return None
    program = environment.get("TERM_PROGRAM") or environment.get("LC_TERMINAL")
    if environment.get("KITTY_WINDOW_ID") or environment.get("TERM") == "xterm-kitty" or program == "ghostty":
        return kitty
    return iterm2 if program in ("iTerm.app", "iTerm2", "WezTerm") else None


def kitty(picture: Picture, columns: int) -> str:
    """A PNG for kitty, Ghostty and others; `columns` wide."""
    encoded = _base64(picture)
    chunks = [encoded[start : start + CHUNK_CHARS] for start in range(0, len(encoded), CHUNK_CHARS)]
    return "".join(
        f"\x1b_G{f'a=T,f=100,q=2,c={columns},' if number == 0 else ''}m={int(number < len(chunks) - 1)};{chunk}\x1b\\"
        for number, chunk in enumerate(chunks)
    )


def iterm2(picture: Picture, columns: int) -> str:
    """A picture for iTerm2 and WezTerm; `columns` wide."""
    size = len(picture.data or b"")
    return f"\x1b]1337;File=inline=1;size={size};width={columns};preserveAspectRatio=1:{_base64(picture)}\x07"


class InlinePicture:
    """A picture that rich puts between lines of text."""

    def __init__(self, picture: Picture, encode: Encode) -> None:
        self._picture, self._encode = picture, encode

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """The sequence, which takes no room as far as rich knows."""
        columns = min(options.max_width, MOST_COLUMNS, max(1, (self._picture.width_px or 1) // COLUMN_PX))
        # Rich writes a segment with any control code as it is; which one does not matter.
        yield Segment(self._encode(self._picture, columns), None, [(ControlType.BELL,)])
        yield Segment.line()


def _base64(picture: Picture) -> str:
    return base64.b64encode(picture.data or b"").decode()
