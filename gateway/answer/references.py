"""Which images guide a picture: those the client forces, then those the planner wrote, else a policy's.

It knows ids and who chose them; whether a picture exists yet is no matter here (see `pictures`). A choice depends on the plan alone,
never on how fast pictures come, so that the same plan always draws the same pictures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.answer.events import ChosenBy
from gateway.answer.request import Request
from planner_service.wire import ImagePart, Slot

MOST_REFERENCES: Final = 4
"""More guide a picture wrongly, whatever the model takes; see the source of `ReferenceChooser`."""


@dataclass(frozen=True, slots=True)
class ChosenReference:
    """A reference chosen for a picture, by its name in the conversation."""

    id: str
    chosen_by: ChosenBy


@dataclass(frozen=True, slots=True)
class Choice:
    """`wanted` in order of weight; `unknown` are ids asked for that name nothing earlier."""

    wanted: tuple[ChosenReference, ...] = ()
    unknown: tuple[str, ...] = ()


class ReferenceChooser:
    """Chooses for the slots of one answer, in the planner's order.

    The policy `anchor` speaks where neither client nor planner named a reference. It takes the first and the latest image of the
    request's own last message, for the client attached them to this answer; failing that, the answer's first picture. Four rules
    keep it from harm, since a reference that has no place in the scene spoils the picture:

    - it is silent from the first reference that the planner writes: a planner that names references leaves one out on purpose;
    - it never reaches for earlier turns, for a new turn may be about something else;
    - within the answer it takes the first picture only, so that all others can be drawn side by side; taking the latest as well
      would draw a story strictly one after another;
    - the first picture of a story without an image of the user's gets none.

    Source:
        UniLongGen (arXiv 2603.07540): about four references with the first image always among them; more corrupts the picture.
    """

    def __init__(self, request: Request, most: int) -> None:
        self._draw = request.draw
        self._most = min(most, MOST_REFERENCES)
        self._earlier = {picture.id for picture in request.pictures}
        self._attached = [id for id in _attached(request) if id in self._earlier]
        self._drawn: list[str] = []
        self._planner_chooses = False

    def choose(self, id: str, slot: Slot) -> Choice:
        """The references of the picture named `id`, the next of the answer.

        Forced references stand first, then the planner's in its order; beyond the most allowed they are left out.
        """
        self._planner_chooses = self._planner_chooses or bool(slot.references)
        asked = {
            reference: ChosenReference(reference, "client") for reference in self._draw.forced_references
        }
        for reference in slot.references:
            asked.setdefault(reference, ChosenReference(reference, "planner"))
        if not asked and not self._planner_chooses and self._draw.reference_policy == "anchor":
            asked = {reference: ChosenReference(reference, "policy") for reference in self._anchors()}
        wanted = [reference for reference in asked.values() if self._exists(reference.id)]
        unknown = [reference for reference in asked if not self._exists(reference)]
        self._drawn.append(id)
        return Choice(tuple(wanted[: self._most]), tuple(unknown))

    def _exists(self, reference: str) -> bool:
        return reference in self._earlier or reference in self._drawn

    def _anchors(self) -> list[str]:
        candidates = self._attached or self._drawn[:1]
        return [candidates[0], candidates[-1]] if candidates else []


def _attached(request: Request) -> list[str]:
    """The images of the user's last message."""
    for message in reversed(request.messages):
        if message.role == "user":
            return [part.id for part in message.content if isinstance(part, ImagePart)]
    return []
