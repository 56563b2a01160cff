"""The names that a model gives its pictures, put right where it names them again.

No grammar binds it, so in a later turn it may count its pictures from `img1` anew. A tag's `id` says nothing to whoever reads a plan, for
pictures are counted; but its `refs` would then mean an earlier turn's picture.
"""

from __future__ import annotations

import re

from planner_service.language.bounds import TAG, Language
from planner_service.language.segmenter import LONGEST_HEADER

_OPENING = re.compile(rf"<{TAG}(?:\s[^<>]*)?>", re.IGNORECASE | re.ASCII)
_START = f"<{TAG}"
_ATTRIBUTE = re.compile(r"""\b(id|refs)(\s*=\s*["'])([^"']*)""", re.IGNORECASE)
_NAME = re.compile(r"[\w-]+")


class Names:
    """Feed it a stretch's text; it gives back the same text, with the pictures' real names in `refs`.

    Args:
        language: the bounds of what the stretch may write.
    """

    def __init__(self, language: Language):
        self._language = language
        self._slots = 0
        self._real: dict[str, str] = {}
        self._held = ""

    def feed(self, text: str) -> str:
        """Take more text; an opening tag waits for its end."""
        # Nearly every piece is plain, and this is asked for each token.
        if not self._held and "<" not in text:
            return text
        text = self._held + text
        start = text.rfind("<")
        self._held = text[start:] if _may_open(text[start:]) else ""
        return _OPENING.sub(self._put_right, text[: len(text) - len(self._held)])

    def end(self) -> str:
        """What is left when no more comes."""
        left, self._held = self._held, ""
        return left

    def _put_right(self, tag: re.Match[str]) -> str:
        header = _ATTRIBUTE.sub(self._with_real_names, tag[0])
        real = self._language.drawn(self._slots)
        self._slots += 1
        given = {found[1].lower(): found[3].strip() for found in _ATTRIBUTE.finditer(tag[0])}.get("id", "")
        # A user's picture keeps its name, whoever else is given it.
        if given and given not in (name for name in self._language.known if name.startswith("in")):
            self._real[given] = real
        return header

    def _with_real_names(self, attribute: re.Match[str]) -> str:
        if attribute[1].lower() == "id":
            return attribute[0]
        names = _NAME.sub(lambda name: self._real.get(name[0], name[0]), attribute[3])
        return f"{attribute[1]}{attribute[2]}{names}"


def _may_open(text: str) -> bool:
    """Whether this may become an opening tag; one that is too long is none."""
    if ">" in text or len(text) > LONGEST_HEADER:
        return False
    name, rest = text[: len(_START)].lower(), text[len(_START) :]
    return _START.startswith(name) and (not rest or rest[0].isspace())
