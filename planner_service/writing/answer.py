"""One answer as it comes: what of it is told, what of it stands as the prompt of the next stretch, and what that stretch is to write.

A planner writes its whole answer in one stretch as long as it keeps to what was asked. A stretch is broken off, and the next one begins with
what is owed, where

- text passes its share of the tokens while pictures are owed: the next picture is opened at the sentence's end;
- a picture opens in the middle of a sentence: the sentence is finished first;
- a description passes its length or repeats itself: it is closed;
- the text repeats itself: the next picture is opened, or the answer ends;
- a picture more than the most opens, where the planner was trained on the language: the answer ends;
- the tokens end: each picture owed still has some of its own (`budget`).

All but the last depends on the text alone, so a seed gives the same plan again. It knows neither engines nor clocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from planner_service.backend import Finish, Opened, Stretch
from planner_service.errors import MalformedPlan
from planner_service.language.bounds import Language
from planner_service.language.cast import Preamble, expanded
from planner_service.language.check import repaired
from planner_service.language.grammar import LEAST_DESCRIPTION, Begins
from planner_service.language.segmenter import Segment, Segmenter
from planner_service.language.sentences import first_end, is_whole, shortened
from planner_service.prompts.subject import asked_of, subject_of
from planner_service.prompts.turns import written_tag
from planner_service.wire import PlanEvent, PlanRequest, Slot, SlotOpen, TextDelta, TextPart
from planner_service.writing.budget import (
    HELPED_TOKENS,
    LEAST_SPARE,
    SENTENCE_TOKENS,
    SLOT_TOKENS,
    Budget,
    most_description_bytes,
)
from planner_service.writing.description import Description, said_once
from planner_service.writing.prose import Prose
from planner_service.writing.repetition import Said


class Answer:
    """Ask it for the `next` stretch, `feed` it that one's text until it `is_broken_off` or the text has come to a `finish`, and so on.

    Raises:
        PlanRefused: there are too few tokens for the pictures owed.
    """

    def __init__(self, request: PlanRequest, language: Language, opened: Opened):
        self.finish_reason: Literal["stop", "length", "picture"] | None = None
        self.is_broken_off = False
        self._request = request
        # A trained planner that wants a picture more and must not open one writes what it never learned to: it begins anew. One that
        # reads instructions may have more to tell.
        ends_at_more = not opened.is_explained and language.has_text and language.most > 0
        self._language = replace(language, ends_at_more=ends_at_more)
        self._opened = opened
        self._slots = sum(part.type == "picture" for part in request.written)
        self._budget = Budget(request, opened, max(0, language.least - self._slots))
        self._said, self._part = _already(request)
        self._cast, self._style = request.cast, request.style
        self._subject = subject_of(request) if opened.is_explained else None
        # A planner that was trained on the language knows whether text belongs before and after its pictures.
        self._owes_text = opened.is_explained and language.has_text and language.least > 0
        self._has_preamble = (
            request.preamble
            and opened.is_explained
            and language.has_text
            and language.most > 0
            and not request.written
        )
        self._kept = ""
        self._number = -1
        self._begins: Begins = "text" if language.has_text else "slot"
        self._owes_slot = False
        self._opened_for_it = False
        self._closing_asked = False
        self._is_cast_told = False

    def next(self) -> Stretch | None:
        """What to write next; None when the answer is complete, and `finish_reason` says how."""
        language = self._language.after(self._slots)
        if not (language.has_text or language.most):
            self.finish_reason = self.finish_reason or "stop"
        if self.finish_reason:
            return None
        spare = self._budget.spare(self._kept, language.least, owes_text=self._owes_text)
        if language.least and spare < LEAST_SPARE:
            self._begins = "slot"
        most = spare
        if self._begins == "slot" and language.least:
            most = self._budget.slot(spare, self._subject.before("") if self._subject else "")
        if most < 1:
            self.finish_reason = "length"
            return None
        return self._stretch(language, most)

    def _stretch(self, language: Language, most: int) -> Stretch:
        self._number += 1
        if self._number > 2 * self._language.most + 8:
            raise MalformedPlan("the planner does not come to an end")
        self.is_broken_off = False
        self._is_open = False
        self._segmenter = Segmenter(self._slots)
        self._preamble = Preamble() if self._has_preamble and not self._kept else None
        self._begin_part(self._part)
        if self._begins == "sentence":
            most = min(most, SENTENCE_TOKENS)
        elif self._begins == "slot" and most < 2 * SLOT_TOKENS:
            # A tag with four references would leave no room for the description.
            language = replace(language, known=(), sizes=())
        is_helped = self._begins == "slot" and self._opened_for_it
        blank = not self._part.strip()
        owes = self._owes_text
        return Stretch(
            number=self._number,
            prefix=self._kept,
            language=language,
            begins=self._begins,
            most_tokens=most,
            primer=self._subject.primer if is_helped and self._subject else "",
            owes_text=(owes and blank and self._slots == 0, owes and (language.most > 0 or blank)),
            has_preamble=self._preamble is not None,
        )

    def think(self, tokens: int) -> None:
        """Say how many tokens all thoughts had so far: they are the answer's, too."""
        self._budget.thought_tokens = tokens

    @property
    def kept_tokens(self) -> int:
        """The tokens of all that was kept."""
        return self._opened.count(self._kept)

    def feed(self, text: str) -> Iterator[PlanEvent]:
        """Take more of the stretch.

        Raises:
            MalformedPlan: see `Segmenter.feed`.
        """
        yield from self._feed(self._preamble.feed(text) if self._preamble else text)
        description = self._segmenter.open_description if self._is_open and not self.is_broken_off else None
        if description and (whole := self._description.enough(description)):
            yield from self._take(self._segmenter.complete(whole))
            self._break_off("text")

    def finish(self, finish: Finish) -> Iterator[PlanEvent]:
        """The stretch has ended by itself, or by its limit."""
        cut = finish == "length"
        if self._preamble and not self._preamble.is_over:
            yield from self._feed(self._preamble.finish())
        owed = self._slots < self._language.least
        description = self._segmenter.open_description
        if description is None and not cut:
            for segment in self._segmenter.finish(cut=False):
                yield from self._take(segment)
        if description is None:
            is_helped = self._opened_for_it or self._begins == "sentence"
            yield from self._tell(self._prose.end(cut=cut, is_helped=is_helped))
        elif self._is_open and description and (owed or not cut or len(description) >= LEAST_DESCRIPTION):
            whole = shortened(description, LEAST_DESCRIPTION) if cut else description
            if cut and len(whole) < LEAST_DESCRIPTION:
                whole = f"{whole} ({asked_of(self._request)})"
            yield from self._take(self._segmenter.complete(whole))
        if not self.finish_reason:
            self._go_on_after(cut=cut)

    def _tell_cast(self, preamble: Preamble) -> Iterator[PlanEvent]:
        self._is_cast_told = True
        if preamble.text:
            told = preamble.told(self._cast, self._style)
            self._cast, self._style = told.figures, told.style
            self._kept = f"{preamble.text}\n{self._kept}"
            yield told

    def _feed(self, text: str) -> Iterator[PlanEvent]:
        if self._preamble and self._preamble.is_over and not self._is_cast_told:
            yield from self._tell_cast(self._preamble)
        for segment in self._segmenter.feed(text):
            yield from self._take(segment)
            if self.is_broken_off:
                return

    def _take(self, segment: Segment) -> Iterator[PlanEvent]:
        match segment:
            case TextDelta() if self._language.has_text:
                yield from self._tell(self._prose.feed(segment.text))
                if self._prose.enough:
                    self._stop_text()
            case SlotOpen() if segment.index < self._language.most:
                yield from self._tell(self._prose.end(cut=False))
                if self._begins == "text" and self._language.has_text and not is_whole(self._part):
                    self._owes_slot = True
                    self._break_off("sentence")
                else:
                    self._is_open = True
                    yield segment
            case SlotOpen() if self._language.ends_at_more:
                yield from self._tell(self._prose.end(cut=False))
                if is_whole(self._part):
                    self._end("stop")
                else:
                    self._break_off("sentence")
            case Slot() if segment.index < self._language.most:
                yield self._slot(segment)
            case _:
                return

    def _tell(self, text: str) -> Iterator[PlanEvent]:
        if text:
            self._kept += text
            self._part += text
            yield TextDelta(text=text)

    def _slot(self, slot: Slot) -> Slot:
        slot = repaired(slot, self._language)
        slot = slot.model_copy(update={"description": said_once(slot.description)})
        if self._subject and not self._subject.is_in(slot.description) and "@" not in slot.description:
            slot = slot.model_copy(update={"description": self._subject.before(slot.description)})
        self._kept += written_tag(self._language.drawn(slot.index), slot)
        self._slots += 1
        self._is_open = False
        self._owes_slot = False
        self._begins = "text"
        self._begin_part("")
        if self._request.pauses:
            self.finish_reason, self.is_broken_off = "picture", True
        return slot.model_copy(update={"description": expanded(slot.description, self._cast, self._style)})

    def _begin_part(self, text: str) -> None:
        """Begin, or go on with, the text after the last slot. What is left is shared by the pictures owed and the text around them."""
        self._part = text
        owed = max(0, self._language.least - self._slots)
        share = self._budget.share(self._kept, owed)
        limit = share if owed else None
        if self._opened_for_it and (owed or self._slots >= self._language.most):
            limit = min(share, HELPED_TOKENS)
        is_sentence = self._begins == "sentence"
        # The end of an answer may say once more what was said; then at least it has one.
        said = Said() if is_sentence and self._closing_asked else self._said
        self._prose = Prose(
            said, 0 if is_sentence else limit, self._request.stop, text, trails_off=is_sentence
        )
        self._description = Description(most_description_bytes(share))

    def _stop_text(self) -> None:
        """There is enough text for now, or for good."""
        if self._prose.enough == "stop":
            self._end("stop")
        elif self._slots < self._language.least or self._owes_slot:
            self._opened_for_it = self._opened_for_it or not self._owes_slot
            self._break_off("slot")
        elif self._owes_closing():
            self._closing_asked = True
            self._break_off("sentence")
        else:
            self._end("stop")

    def _go_on_after(self, *, cut: bool) -> None:
        """The stretch came to its end; see what is still owed."""
        if self._slots < self._language.least:
            self._opened_for_it = self._opened_for_it or not self._owes_slot
            self._begins = "slot"
        elif self._owes_slot and not cut:
            self._begins = "slot"
        elif self._owes_closing():
            self._closing_asked = True
            self._begins = "sentence"
        else:
            self._end("length" if cut else "stop")

    def _owes_closing(self) -> bool:
        return self._owes_text and not self._closing_asked and not self._part.strip()

    def _break_off(self, begins: Begins) -> None:
        self._begins = begins
        self.is_broken_off = True

    def _end(self, reason: Literal["stop", "length"]) -> None:
        self.finish_reason = reason
        self.is_broken_off = True


def _already(request: PlanRequest) -> tuple[Said, str]:
    """The sentences of what is written, and its text after the last picture."""
    said, part = Said(), ""
    for piece in request.written:
        part = part + piece.text if isinstance(piece, TextPart) else ""
        text = piece.text if isinstance(piece, TextPart) else ""
        start = 0
        while (end := first_end(text, start)) is not None:
            said.add(text[start:end])
            start = end
    return said, part
