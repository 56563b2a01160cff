"""An answer as it stands: what can be shown for good, because all before it has been, and what is still coming.

It knows nothing of terminals.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from weaver import (
    Event,
    Finished,
    Picture,
    PictureDescribed,
    PictureDone,
    PictureFailed,
    PictureOpened,
    PictureProgress,
    PictureQueued,
    PictureStarted,
    TextDelta,
    TextDone,
)


@dataclass(slots=True)
class Passage:
    """A run of text as far as it is."""

    text: str = ""
    done: bool = False


@dataclass(slots=True)
class Drawing:
    """A picture on its way; `picture` is there once it is known whether it came."""

    id: str
    description: str = ""
    state: str = "being described"
    step: int = 0
    of: int = 0
    picture: Picture | None = field(default=None)

    @property
    def done(self) -> bool:
        """Whether nothing more will become of it."""
        return self.picture is not None


Item = Passage | Drawing


class Telling:
    """Fed with the events of one answer, from the first one on."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._settled = 0

    def hear(self, event: Event) -> list[Item]:
        """Take in an event, and give what can be shown for good with it, in order."""
        match event:
            case TextDelta(item=place, text=text):
                self._passage(place).text += text
            case TextDone(item=place, text=text):
                self._items[place] = Passage(text, done=True)
            case PictureOpened(item=place, id=name):
                self._items[place] = Drawing(name)
            case PictureDone(item=place, picture=picture) | PictureFailed(item=place, picture=picture):
                self._items[place] = Drawing(picture.id, picture.description, picture=picture)
            case Finished():
                return self._take(whole=True)
            case _:
                self._note(event)
        return self._take(whole=False)

    @property
    def pending(self) -> list[Item]:
        """What is still coming, or waits for something before it."""
        return [self._items[place] for place in sorted(self._items) if place >= self._settled]

    def _note(self, event: Event) -> None:
        drawing = self._items.get(getattr(event, "item", -1))
        if not isinstance(drawing, Drawing):
            return
        match event:
            case PictureDescribed(description=description):
                drawing.description = description
            case PictureQueued():
                drawing.state = "waiting for a visualizer"
            case PictureStarted():
                drawing.state, drawing.step = "drawing", 0
            case PictureProgress(step=step, of=of):
                drawing.state, drawing.step, drawing.of = "drawing", step, of

    def _passage(self, place: int) -> Passage:
        passage = self._items.setdefault(place, Passage())
        assert isinstance(passage, Passage)
        return passage

    def _take(self, whole: bool) -> list[Item]:
        taken = []
        while (item := self._items.get(self._settled)) is not None and (item.done or whole):
            taken.append(item)
            self._settled += 1
        return taken
