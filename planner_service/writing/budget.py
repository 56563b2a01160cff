"""How an answer's tokens are shared by its pictures and the text around them.

Every picture owed keeps `SLOT_TOKENS` until it is written, whatever else is; the rest is shared evenly by the texts that are left. Shares are
reckoned from the text's bytes, so that a plan depends on its text alone.
"""

from __future__ import annotations

from planner_service.backend import Opened
from planner_service.errors import PlanRefused
from planner_service.language.bounds import TAG
from planner_service.language.sentences import BYTES_PER_TOKEN, estimated_tokens, is_whole
from planner_service.wire import LEAST_TOKENS_PER_PICTURE, PlanRequest, TextPart

SLOT_TOKENS = 48
"""The tag, its end, and a short description, what is put into it for a weak planner included."""

LEAST_SLOT_TOKENS = 24
"""That a picture owed has whatever was reckoned wrongly, as where a text has other tokens once it is cut: it comes, though the limit is passed."""

CLOSING_TOKENS = 40
"""What is kept back for the sentence that ends the answer, as far as the pictures leave it."""

LEAST_SPARE = 8
"""Tokens below which no text is begun."""

SENTENCE_TOKENS = 64
"""To finish a sentence."""

DESCRIPTION_TOKENS = 320
"""The longest description, about 200 words; instructions ask for 120, and the text encoders of visualizers read 512 tokens at most."""

HELPED_TOKENS = 64
"""The share of text for a planner that had a picture opened for it, at the end too: left alone it goes on until the tokens end."""


class Budget:
    """The tokens of one answer.

    Raises:
        PlanRefused: there are too few for the pictures owed, of an answer that begins.
    """

    def __init__(self, request: PlanRequest, opened: Opened, owed: int):
        self._opened = opened
        self.thought_tokens = 0
        self._end_tokens = opened.count(f"</{TAG}>")
        self._tokens = min(request.max_output_tokens, opened.room_tokens)
        last = request.written[-1] if request.written else None
        self._begun = last.text if isinstance(last, TextPart) else ""
        # What is gone on with was accepted once, and has spent of its tokens; it ends with what is left.
        if not request.written:
            self._check(request, owed)

    def _check(self, request: PlanRequest, owed: int) -> None:
        least = LEAST_TOKENS_PER_PICTURE * owed
        if request.max_output_tokens < least:
            pictures = "1 picture needs" if owed == 1 else f"{owed} pictures need"
            raise PlanRefused(
                f"max_output_tokens: it is {request.max_output_tokens}, but {pictures} at least {least}"
            )
        if self._tokens < least:
            raise PlanRefused(
                f"messages: after the prompt there is room for {self._tokens} tokens, but the pictures asked for need {least}",
                "prompt_too_long",
            )

    def slot(self, spare: int, added: str) -> int:
        """What a picture owed may write, beside its end and what will be `added` to its description."""
        return max(spare + SLOT_TOKENS - self._end_tokens - self._opened.count(added), LEAST_SLOT_TOKENS)

    def spare(self, kept: str, owed: int, *, owes_text: bool) -> int:
        """What a stretch may write besides the pictures owed and the end of the answer.

        A sentence that a lost planner left unfinished is ended, or trails off, whatever is left: no picture comes in the middle of it.
        """
        # The one is for a sentence that trails off.
        spare = (
            self._tokens
            - self.thought_tokens
            - (self._opened.count(kept) + 1 if kept else 0)
            - SLOT_TOKENS * owed
        )
        spare -= min(CLOSING_TOKENS, spare // 2) if owed and owes_text else 0
        return max(spare, LEAST_SPARE) if self._begun and not is_whole(self._begun + kept) else spare

    def share(self, kept: str, owed: int) -> int:
        """About the tokens of the text before the next picture, and of that picture's description."""
        return max(0, self._tokens - estimated_tokens(kept) - SLOT_TOKENS * owed) // (owed + 1)


def most_description_bytes(share: int) -> int:
    """How long a description may become."""
    return BYTES_PER_TOKEN * max(LEAST_SLOT_TOKENS, min(DESCRIPTION_TOKENS, share))
