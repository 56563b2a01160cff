"""A finished story told once more as somebody else's: the same questions, texts and pictures under new names, to be gone on from.

What only its owner is to know stays behind: instructions, metadata, images that were sent (their descriptions are read as text), turns
before the story's first. It knows nothing of Redis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.answer import events as ev
from gateway.answer.conversation import UNDESCRIBED, Conversation
from gateway.answer.document import Document, Picture
from gateway.answer.events import GatewayEvent, PictureDone
from gateway.answer.folding import fold
from gateway.answer.request import Request
from planner_service.wire import ImagePart, Message, Part, TextPart


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and all events of its answer, which has ended. `versions` stand in the place of pictures, by name (`img1`)."""

    request: Request
    events: tuple[GatewayEvent, ...]
    versions: Mapping[str, Picture]

    @property
    def document(self) -> Document:
        """What came of it."""
        return fold(self.events)


def retold(turn: Turn, before: Turn | None, **of_its_own: object) -> Turn:
    """A turn as it follows on `before`, which was retold as well; `of_its_own` are fields of its request: id, tenant, time and the like."""
    conversation = Conversation() if before is None else Conversation.after(before.request, before.document)
    asked = [message for message in turn.request.messages if message.role == "user"][-1:]
    request = replace(
        turn.request,
        messages=(*conversation.messages, *map(_in_words, asked)),
        pictures=tuple(conversation.pictures),
        draw=replace(turn.request.draw, forced_references=()),
        previous_response_id=before and before.request.id,
        instructions=None,
        metadata={},
        warnings=(),
        background=False,
        store=True,
        delivery="url",
        **of_its_own,
    )
    return Turn(request, tuple(_events(turn)), {})


def _in_words(message: Message) -> Message:
    """A message whose images are told only."""
    parts: list[Part] = [
        TextPart(text=part.description or UNDESCRIBED) if isinstance(part, ImagePart) else part
        for part in message.content
    ]
    return Message(role=message.role, content=tuple(parts))


def _events(turn: Turn) -> Iterator[GatewayEvent]:
    names: dict[int, str] = {}
    for event in turn.events:
        match event:
            case ev.PicturePreview():
                continue  # gone within minutes
            case ev.PictureOpened(item=item, id=name):
                names[item] = name
                yield event
            case ev.PictureDescribed(wanted=wanted):
                yield event.model_copy(update={"wanted": _drawn(wanted)})
            case ev.PictureQueued(references=references, missing=missing):
                used = tuple(one for one in references if not _was_sent(one.id))
                yield event.model_copy(update={"references": used, "missing": _drawn(missing)})
            case ev.PictureDone() | ev.PictureFailed() | ev.PictureCancelled():
                version = turn.versions.get(names[event.item])
                yield event if version is None else _in_place_of(event, version)
            case _:
                yield event


def _drawn(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not _was_sent(name))


def _was_sent(name: str) -> bool:
    return name.startswith("in")


def _in_place_of(
    event: ev.PictureDone | ev.PictureFailed | ev.PictureCancelled, version: Picture
) -> PictureDone:
    """The end of a picture in another version, which was drawn for an answer of its own."""
    drawn = {name: getattr(version, name) for name in PictureDone.model_fields if hasattr(version, name)}
    return PictureDone.model_validate(drawn | {"at": event.at, "item": event.item, "type": "picture_done"})
