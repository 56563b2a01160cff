"""Pictures of earlier answers that clients send back with the turns of a chat: how many are taken, so that a long story can go on.

One that is named costs a look into the store, one that comes as bytes is decoded again, one that is elsewhere is fetched. Of more than are
taken the oldest leave their descriptions, as pictures do that are no longer kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gateway.answer.request import Warned
from gateway.dialects.common.file_urls import signature_in
from gateway.media.forms import is_data_url

Kind = Literal["named", "inline", "elsewhere"]

MOST_NAMED: Final = 128
"""Sixteen answers of eight pictures."""
MOST_INLINE: Final = 32
"""More than a body has room for, unless they are small; decoding takes CPU time, whatever their size."""
_MOST: Final[Mapping[Kind, int]] = {"named": MOST_NAMED, "inline": MOST_INLINE}


@dataclass(frozen=True, slots=True)
class SentBack:
    """A picture in a turn of the assistant's: where in the request, and how it is sent."""

    place: str
    kind: Kind


class Earlier:
    """The pictures of earlier answers in one request, oldest first."""

    def __init__(self, pictures: Sequence[SentBack]) -> None:
        self.count = len(pictures)
        self.elsewhere = sum(picture.kind == "elsewhere" for picture in pictures)
        """How many are fetched; they count as images that the user sends."""
        self._too_old: set[str] = set()
        for kind, most in _MOST.items():
            places = [picture.place for picture in pictures if picture.kind == kind]
            self._too_old.update(places[:-most])

    def is_too_old(self, place: str) -> bool:
        """Whether the picture there is one too many, so that its description stands for it."""
        return place in self._too_old

    def warnings(self, param: str) -> tuple[Warned, ...]:
        """Word of those that are too old; `param` is the field that holds all turns."""
        if not self._too_old:
            return ()
        taken = f"at most {MOST_NAMED} that are kept here and {MOST_INLINE} sent as bytes are taken"
        message = (
            f"Of {len(self._too_old)} earlier pictures in `{param}` only the descriptions are read: {taken}."
        )
        return (Warned(param, message),)


NONE_EARLIER: Final = Earlier(())


def kind_of_url(url: str) -> Kind:
    """How a picture is sent whose URL `Intake.by_url` takes."""
    if is_data_url(url):
        return "inline"
    return "named" if signature_in(url) else "elsewhere"
