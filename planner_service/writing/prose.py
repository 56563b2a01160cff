"""The text between two pictures as it comes: what of it may be shown already, and when there is enough of it.

Text is shown as it comes, but for what may have to be taken back: a sentence that would pass the limit, one that was said before, as long
as the paragraph it stood in may come again with it, the beginning of a stop string. It knows no tags and no tokens.
"""

from __future__ import annotations

from typing import Literal

from planner_service.language.sentences import ELLIPSIS, estimated_tokens, first_end, is_whole
from planner_service.writing.loops import loop_in
from planner_service.writing.repetition import Said

Enough = Literal["limit", "loop", "stop"]


class Prose:
    """One stretch of text. `feed` it until `enough` says why there should be no more, then `end` it.

    Args:
        said: the answer's sentences so far.
        limit_tokens: from where on the next end of a sentence is the end; none: it ends of itself.
        stops: strings of which none may be shown; the first one found ends the text.
        before: text that has been shown of the same stretch already, maybe half a sentence.
        trails_off: whether a first sentence that is cut is shown, rather than no text at all.
    """

    def __init__(
        self,
        said: Said,
        limit_tokens: int | None,
        stops: tuple[str, ...] = (),
        before: str = "",
        *,
        trails_off: bool = False,
    ):
        self.enough: Enough | None = None
        self.shown = before
        self._said = said
        self._limit_tokens = limit_tokens
        self._stops = stops
        self._trails_off = trails_off
        self._waiting = ""
        self._sentence = ""
        self._looked_at = 0
        self._shown_of_sentence = 0
        self._unread = ""

    def feed(self, text: str) -> str:
        """Take more text and say what may be shown now."""
        if self.enough:
            return ""
        readable, stopped = self._up_to_stop(self._unread + text)
        shown = self._read(readable)
        if stopped and not self.enough:
            shown += self._show(len(self._sentence))
            self.enough = "stop"
        return shown

    def end(self, *, cut: bool, is_helped: bool = False) -> str:
        """Say what may still be shown. If the text was `cut`, a sentence that nobody has seen yet is dropped, and one seen in part trails off.

        So does one that a planner in need of help left unfinished of itself.
        """
        if self.enough:
            return ""
        self._sentence += self._unread
        self._unread = ""
        if self._is_enough(self._sentence):
            return ""
        if not cut or is_whole(self._sentence):
            self._said.add(self._sentence)
            rest = self._show(len(self._sentence))
            if is_helped and not is_whole(self.shown):
                rest, self.shown = rest.rstrip() + ELLIPSIS, self.shown.rstrip() + ELLIPSIS
            return rest
        if self._waiting and self._sentence.strip() and self._said.might_be_again(self._sentence):
            return ""
        whole = self._show(0)
        if self._shown_of_sentence == 0 and is_whole(self.shown) and not self._trails_off:
            return whole
        rest = whole + self._show(self._sentence.rstrip().rfind(" ")) + ELLIPSIS
        self.shown += ELLIPSIS
        return rest

    def _read(self, text: str) -> str:
        self._sentence += text
        shown = ""
        while (end := first_end(self._sentence, max(0, self._shown_of_sentence - 4))) is not None:
            sentence = self._sentence[:end]
            if loop := loop_in(sentence, self._looked_at):
                return shown + self._trail_off(loop[0])
            if self._is_enough(sentence):
                self.enough = "loop"
                return shown
            if self._shown_of_sentence == 0 and self._said.is_prose_again(sentence):
                self._waiting += sentence
            else:
                shown += self._show(end)
            self._said.add(sentence)
            self._sentence, self._shown_of_sentence, self._looked_at = self._sentence[end:], 0, 0
            if self._is_over_limit() and self.shown.strip():
                self.enough = "limit"
                return shown
        if loop := loop_in(self._sentence, self._looked_at):
            return shown + self._trail_off(loop[0])
        self._looked_at = len(self._sentence)
        # What has been shown of it is unlike all that was said, so the whole will be.
        might_be_again = self._shown_of_sentence == 0 and self._said.might_be_again(self._sentence)
        if self._is_over_limit() or might_be_again:
            return shown
        return shown + self._show(len(self._sentence))

    def _is_enough(self, sentence: str) -> bool:
        return self._said.is_enough(sentence, opens=not (self.shown or self._waiting).strip())

    def _trail_off(self, upto: int) -> str:
        """Show the sentence no further: it goes round in a circle."""
        self.enough = "loop"
        rest = self._show(upto).rstrip() + ELLIPSIS
        self.shown = self.shown.rstrip() + ELLIPSIS
        return rest

    def _show(self, upto: int) -> str:
        """Show the sentence up to there, after those that waited."""
        text = self._waiting + self._sentence[self._shown_of_sentence : max(upto, 0)]
        self._waiting = ""
        self._shown_of_sentence = max(upto, self._shown_of_sentence)
        self.shown += text
        return text

    def _is_over_limit(self) -> bool:
        return self._limit_tokens is not None and estimated_tokens(self.shown) >= self._limit_tokens

    def _up_to_stop(self, text: str) -> tuple[str, bool]:
        """The text before the first stop string, and whether there is one; what might become one waits."""
        if not self._stops:
            # As nearly always, and this is asked for each token.
            return text, False
        found = [at for stop in self._stops if (at := text.find(stop)) >= 0]
        if found:
            self._unread = ""
            return text[: min(found)], True
        waits = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._unread = text[len(text) - waits :]
        return text[: len(text) - waits], False


def _overlap(text: str, stop: str) -> int:
    """How many of the text's last characters begin the stop string."""
    return next((n for n in range(min(len(stop) - 1, len(text)), 0, -1) if text.endswith(stop[:n])), 0)
