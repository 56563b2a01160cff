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
class TextItem:
    """A run of text as far as it is."""

    text: str = ""
    done: bool = False


@dataclass(slots=True)
class PictureItem:
    """A picture on its way; `picture` is there once it is known whether it came."""

    id: str
    description: str = ""
    state: str = "being described"
    held: bool = False
    step: int = 0
    of: int = 0
    picture: Picture | None = field(default=None)

    @property
    def number(self) -> str:
        """Which picture of the answer it is, from 1."""
        return self.id.removeprefix("img")

    @property
    def done(self) -> bool:
        """Whether nothing more will become of it."""
        return self.picture is not None


Item = TextItem | PictureItem


class ProgressView:
    """Fed with the events of one answer, from the first one on."""

    def __init__(self) -> None:
        self._items: dict[int, Item] = {}
        self._settled = 0

    def add(self, event: Event) -> list[Item]:
        """Take in an event, and give what can be shown for good with it, in order."""
        match event:
            case TextDelta(item=place, text=text):
                self._text_item(place).text += text
            case TextDone(item=place, text=text):
                self._items[place] = TextItem(text, done=True)
            case PictureOpened(item=place, id=name):
                self._items[place] = PictureItem(name)
            case PictureDone(item=place, picture=picture) | PictureFailed(item=place, picture=picture):
                self._items[place] = PictureItem(picture.id, picture.description, picture=picture)
                self._retell_held()
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
        item = self._items.get(getattr(event, "item", -1))
        if not isinstance(item, PictureItem):
            return
        match event:
            case PictureDescribed(description=description):
                item.description, item.held = description, True
                self._retell_held()
            case PictureQueued():
                item.state, item.held = "waiting for a visualizer", False
            case PictureStarted():
                item.state, item.step = "drawing", 0
            case PictureProgress(step=step, of=of):
                item.state, item.step, item.of = "drawing", step, of

    def _retell_held(self) -> None:
        """Say of each picture that is described and not yet queued which one it waits for."""
        under_way: list[PictureItem] = []
        for _, item in sorted(self._items.items()):
            if isinstance(item, PictureItem) and not item.done:
                if item.held:
                    item.state = f"waiting for picture {under_way[0].number}" if under_way else "described"
                under_way.append(item)

    def _text_item(self, place: int) -> TextItem:
        item = self._items.setdefault(place, TextItem())
        assert isinstance(item, TextItem)
        return item

    def _take(self, whole: bool) -> list[Item]:
        """What is settled now. Places that hold nothing to show, such as thoughts, are stepped over: whatever begins later stands later."""
        taken = []
        for place in sorted(place for place in self._items if place >= self._settled):
            if not (self._items[place].done or whole):
                break
            taken.append(self._items[place])
            self._settled = place + 1
        return taken
