"""A pure incremental parser: chunks of a plan's text in, `TextDelta`, `SlotOpen` and `Slot` out.

Any chunking of the same text yields the same events, adjacent deltas merged. It knows how slots are written, not which pictures
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

_TAG = re.compile(f"</?{TAG}")
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
            MalformedPlan: a tag inside a description, a closing tag without a slot, an endless header, an empty description.
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
            case "text":
                yield TextDelta(text=self._pending)
            case "description" if description := self.open_description:
                yield self._slot(description)
            case _:
                return

    def _text(self) -> Iterator[Segment]:
        tag = _TAG.search(self._pending)
        text = self._pending[: tag.start()] if tag else self._before_partial(OPENING, CLOSING)
        if text:
            yield TextDelta(text=text)
        if tag and tag[0] != OPENING:
            raise MalformedPlan("a closing tag without a slot")
        self._pending = self._pending[tag.end() if tag else len(text) :]
        if tag:
            self._state = "header"

    def _read_header(self) -> Iterator[Segment]:
        header, closed, rest = self._pending.partition(">")
        if "<" in header or len(header) > LONGEST_HEADER or (header and not header[0].isspace()):
            raise MalformedPlan("a slot's opening tag is malformed")
        if closed:
            self._header, self._pending, self._state = header, rest, "description"
            yield SlotOpen(index=self._slots)

    def _description(self) -> Iterator[Segment]:
        tag = _TAG.search(self._pending)
        if tag is None:
            return
        rest = self._pending[tag.start() :]
        if rest.startswith(CLOSING):
            description = self._pending[: tag.start()].strip(BLANK)
            if not description:
                raise MalformedPlan("a slot without a description")
            yield self._slot(description)
            self._pending, self._state = rest.removeprefix(CLOSING), "text"
        elif not CLOSING.startswith(rest):
            raise MalformedPlan("a tag inside a description")

    def _slot(self, description: str) -> Slot:
        attributes = dict(_ATTRIBUTE.findall(self._header))
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
        if start >= 0 and any(tag.startswith(self._pending[start:]) for tag in tags):
            return self._pending[:start]
        return self._pending
