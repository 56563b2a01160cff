"""Characters that a server cuts in two. JSON writes one beyond U+FFFF as two escapes, and a server that streams an answer piece by piece may
send each in an event of its own. Half a character has no UTF-8, so it can be sent on to nobody.
"""

from __future__ import annotations

REPLACEMENT = "\ufffd"


class WholeCharacters:
    """The pieces of one text as they come; half a character waits for its other half. One that never gets it becomes U+FFFD."""

    def __init__(self) -> None:
        self._half = ""

    def next(self, piece: str) -> str:
        """What can be told now that this piece has come."""
        # Nearly every piece is plain, and this is asked for each token.
        if piece.isascii() and not (self._half and piece):
            return piece
        text, self._half = self._half + piece, ""
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return mended(text)

    def end(self) -> str:
        """What is left when no more comes."""
        left, self._half = self._half and REPLACEMENT, ""
        return left


def mended(text: str) -> str:
    """A text whose halves are joined where two belong together, and replaced where one stands alone."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
