"""A pure incremental parser: chunks of a plan's text in, `TextDelta`, `SlotOpen` and `Slot` out.

Models that no grammar binds write tags in capitals, with a blank before the `>`, or close a slot twice: all that is read as it was meant. Any chunking of the same text yields the same events, adjacent deltas merged. It knows how slots are written, not which pictures
exist or how many slots are allowed (`check` does).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from planner_service.errors import MalformedPlan
from planner_service.language.bounds import TAG
from planner_service.wire import Slot, SlotOpen, TextDelta

OPENING, CLOSING = f"<{TAG}", f"</{TAG}>"
LONGEST_HEADER = 512
BLANK = "".join(map(chr, range(0x21)))
"""What the grammar forbids at a description's start; `str.strip` alone would drop more and could leave nothing."""

# ASCII, for in Unicode a Turkish dotless i is a capital I, too.
_FLAGS = re.IGNORECASE | re.ASCII
_MOST_BLANKS = 64
_UNCLOSED = re.compile(rf"</{TAG}\s{{0,{_MOST_BLANKS}}}", _FLAGS)
_CLOSED = re.compile(rf"{_UNCLOSED.pattern}>", _FLAGS)
_IN_TEXT = re.compile(rf"{OPENING}|{_CLOSED.pattern}", _FLAGS)
_IN_DESCRIPTION = re.compile(f"</?{TAG}", _FLAGS)
_ATTRIBUTE = re.compile(r"""\b(\w+)\s*=\s*["']([^"']*)["']""")
_PICTURE_ID = re.compile(r"\b(?:in|img)[1-9][0-9]{0,3}\b")
_SIZE = re.compile(r"[1-9][0-9]{1,4}x[1-9][0-9]{1,4}")

Segment = TextDelta | SlotOpen | Slot


class Segmenter:
    """Feed it chunks, then `finish` it once. Text waits only while it might still turn out to be the start of a tag.

    Args:
        slots: how many slots there were before; the first one read here is counted on.
    """

    def __init__(self, slots: int = 0) -> None:
        self._state: Literal["text", "header", "description"] = "text"
        self._pending = ""
        self._opening = ""
        self._header = ""
        self._slots = slots

    @property
    def open_description(self) -> str | None:
        """What there is of the description being read, if one is."""
        if self._state != "description":
            return None
        return self._before_partial(CLOSING).strip(BLANK)

    def complete(self, description: str) -> Slot:
        """Take this for the whole description of the slot being read; nothing can be fed after it."""
        return self._slot(description)

    def feed(self, chunk: str) -> Iterator[Segment]:
        """Take the next chunk.

        Raises:
            MalformedPlan: a tag inside a description, an endless header, an empty description.
        """
        self._pending += chunk
        progress = True
        while progress:
            before = self._state
            match self._state:
                case "text":
                    yield from self._text()
                case "header":
                    yield from self._read_header()
                case "description":
                    yield from self._description()
            progress = self._state != before

    def finish(self, *, cut: bool) -> Iterator[Segment]:
        """End the plan. `cut` drops what is unfinished; else a description without its closing tag is taken as complete."""
        if cut or not self._pending:
            return
        match self._state:
            case "text" if not _UNCLOSED.fullmatch(self._pending):
                yield TextDelta(text=self._pending)
            case "description" if description := self.open_description:
                yield self._slot(description)
            case _:
                return

    def _text(self) -> Iterator[Segment]:
        # Nearly every token is plain.
        tag = _IN_TEXT.search(self._pending) if "<" in self._pending else None
        while tag:
            if tag.start():
                yield TextDelta(text=self._pending[: tag.start()])
            self._pending = self._pending[tag.end() :]
            if not tag[0].endswith(">"):
                self._opening, self._state = tag[0], "header"
                return
            # A closing tag without a slot says nothing.
            tag = _IN_TEXT.search(self._pending)
        if text := self._before_partial(OPENING, CLOSING):
            yield TextDelta(text=text)
            self._pending = self._pending[len(text) :]

    def _read_header(self) -> Iterator[Segment]:
        header, closed, rest = self._pending.partition(">")
        if header and not header[0].isspace() and self._opening != OPENING:
            # In capitals it may be somebody else's: `<ImagineCard`.
            yield TextDelta(text=self._opening)
            self._state = "text"
        elif "<" in header or len(header) > LONGEST_HEADER or (header and not header[0].isspace()):
            raise MalformedPlan("a slot's opening tag is malformed")
        elif closed:
            self._header, self._pending, self._state = header, rest, "description"
            yield SlotOpen(index=self._slots)

    def _description(self) -> Iterator[Segment]:
        tag = _IN_DESCRIPTION.search(self._pending) if "<" in self._pending else None
        if tag is None:
            return
        if closing := _CLOSED.match(self._pending, tag.start()):
            description = self._pending[: tag.start()].strip(BLANK)
            if not description:
                raise MalformedPlan("a slot without a description")
            yield self._slot(description)
            self._pending, self._state = self._pending[closing.end() :], "text"
        elif not _UNCLOSED.fullmatch(self._pending, tag.start()):
            raise MalformedPlan("a tag inside a description")

    def _slot(self, description: str) -> Slot:
        attributes = {name.lower(): value for name, value in _ATTRIBUTE.findall(self._header)}
        size = attributes.get("size", "")
        self._slots += 1
        return Slot(
            index=self._slots - 1,
            description=description,
            references=tuple(_PICTURE_ID.findall(attributes.get("refs", ""))),
            size=size if _SIZE.fullmatch(size) else None,
        )

    def _before_partial(self, *tags: str) -> str:
        """The pending text without an ending that might be the start of one of `tags`."""
        start = self._pending.rfind("<")
        if start < 0:
            return self._pending
        end = self._pending[start:].lower()
        if any(tag.startswith(end) for tag in tags) or _UNCLOSED.fullmatch(end):
            return self._pending[:start]
        return self._pending
