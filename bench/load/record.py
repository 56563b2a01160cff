"""What became of one request of a load test. All times are seconds from the start of the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from bench.load.marks import Ended, Mark, NoPicture, Picture, Preview, Text
from bench.load.mix import Slo
from bench.load.scenarios import Send
from bench.serving.figures import gaps, numbering

Outcome = Literal["completed", "incomplete", "failed", "refused", "cut", "overdue"]


@dataclass(slots=True)
class Record:
    """One request. Latencies count from when it was to be sent, not from when this program got round to it."""

    send: Send
    sent_s: float = 0.0
    ended_s: float = 0.0
    outcome: Outcome = "cut"
    code: str | None = None
    texts_s: list[float] = field(default_factory=list)
    preview_s: float | None = None
    pictures_s: dict[int, float] = field(default_factory=dict)
    whole_s: dict[int, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    repeated: int = 0

    def note(self, mark: Mark, at_s: float) -> None:
        """Take note of what was told."""
        match mark:
            case Text(place=place):
                self.texts_s.append(at_s)
                self.whole_s[place] = at_s
            case Preview():
                self.preview_s = self.preview_s or at_s
            case Picture(place=place):
                self.repeated += place in self.pictures_s
                self.pictures_s[place] = self.whole_s[place] = at_s
            case NoPicture(code=code):
                self.failed.append(code)
            case Ended(how=how, code=code):
                self.outcome, self.code = how, code

    @property
    def late_s(self) -> float:
        """How much later than it was to be it was sent."""
        return self.sent_s - self.send.at_s

    @property
    def answer_s(self) -> float:
        """To the end, whatever end."""
        return self.ended_s - self.send.at_s

    @property
    def first_text_s(self) -> float | None:
        """To the first text."""
        return self.texts_s[0] - self.send.at_s if self.texts_s else None

    @property
    def first_preview_s(self) -> float | None:
        """To the first look at a picture."""
        return None if self.preview_s is None else self.preview_s - self.send.at_s

    @property
    def each_picture_s(self) -> list[float]:
        """To each picture, in the order in which they came."""
        return sorted(at_s - self.send.at_s for at_s in self.pictures_s.values())

    @property
    def text_gaps_s(self) -> list[float]:
        """Between each piece of text and the next."""
        return gaps(self.texts_s)

    @property
    def stalls_s(self) -> Iterator[float]:
        """For each picture, how long somebody who reads in order waits for it once all before it is there; 0 if it was in time."""
        shown_s = self.send.at_s
        for place in sorted(self.whole_s):
            if place in self.pictures_s:
                yield max(0.0, self.whole_s[place] - shown_s)
            shown_s = max(shown_s, self.whole_s[place])

    @property
    def lost(self) -> int:
        """Events whose numbers are missing, and pictures of a complete answer that were neither drawn nor said to have failed."""
        missing, _ = numbering(self.numbers)
        expected = self.send.kind.pictures
        if expected is None or self.outcome != "completed":
            return missing
        return missing + max(0, expected - len(self.pictures_s) - len(self.failed))

    @property
    def doubled(self) -> int:
        """Events, and pictures, that were told twice."""
        return numbering(self.numbers)[1] + self.repeated

    def is_good(self, slo: Slo) -> bool:
        """Whether it is whole and came in time."""
        if self.outcome != "completed" or self.failed or self.lost or self.doubled:
            return False
        taken = (
            (self.first_text_s, slo.first_text_s),
            (min(self.each_picture_s, default=None), slo.first_picture_s),
            (max(self.stalls_s, default=None), slo.picture_stall_s),
            (self.answer_s, slo.answer_s),
        )
        return all(
            took_s <= limit_s for took_s, limit_s in taken if took_s is not None and limit_s is not None
        )
