"""Collects an answer while it comes, and notes when the first text and the first picture were there."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from bench.answers.answer import Answer, Outcome, Part, Picture, Text


class Hearing:
    """One answer that is coming."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now, self._began = now, now()
        self._parts: list[Part] = []
        self._first_text_s: float | None = None
        self._first_picture_s: float | None = None
        self._outcome: Outcome = "failed"
        self._failure: str | None = "The stream ended before the answer did."
        self.tokens: int | None = None

    def text(self, more: str) -> None:
        """More text; it goes on with the run before it unless a picture came between."""
        if more.strip() and self._first_text_s is None:
            self._first_text_s = self._now() - self._began
        if more:
            self._parts = joined([*self._parts, Text(more)])

    def picture(self, url: str, known: Picture | None = None) -> None:
        """A picture, by a data URL or by a link, and what else is known of it."""
        self.picture_came()
        picture = known or Picture(data=None)
        if url.startswith("data:"):
            picture = replace(picture, data=base64.b64decode(url.partition(",")[2], validate=True))
        else:
            picture = replace(picture, url=url)
        self._parts.append(picture)

    def picture_came(self) -> None:
        """A picture is there."""
        if self._first_picture_s is None:
            self._first_picture_s = self._now() - self._began

    def settle(self, parts: Iterable[Part]) -> None:
        """The whole answer, in the order that it ought to have."""
        self._parts = joined(parts)

    def end(self, outcome: Outcome, failure: str | None = None) -> None:
        """How it ended."""
        self._outcome, self._failure = outcome, failure

    def stop(self, reason: str, well: str) -> None:
        """The vendor's word for why it ended, and the one that means that all is well."""
        self.end(*("completed", None) if reason == well else ("incomplete", reason))

    @property
    def parts(self) -> tuple[Part, ...]:
        """What came so far."""
        return tuple(self._parts)

    def answer(self) -> Answer:
        """What came."""
        return Answer(
            parts=self.parts,
            outcome=self._outcome,
            failure=self._failure,
            first_text_s=self._first_text_s,
            first_picture_s=self._first_picture_s,
            whole_s=self._now() - self._began,
            tokens=self.tokens,
        )


def joined(parts: Iterable[Part]) -> list[Part]:
    """The parts with texts that follow each other as one run."""
    runs: list[Part] = []
    for part in parts:
        match part, runs:
            case Text(text=more), [*_, Text(text=before)]:
                runs[-1] = Text(before + more)
            case _:
                runs.append(part)
    return runs
