"""What the messages of a chat consist of: texts, images, and the pictures that marks in earlier answers name, each with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.answer.conversation import UNDESCRIBED
from gateway.dialects.chat.marks import BETWEEN, PictureMark, split_marks
from gateway.dialects.chat.request import (
    AssistantMessage,
    EarlierText,
    FilePart,
    ImagePart,
    Message,
    TextPart,
    ToolMessage,
)
from gateway.dialects.common.history import OtherPart, result_of
from gateway.dialects.common.sent_back import Earlier, Kind, SentBack, kind_of_url

Part = TextPart | ImagePart | FilePart


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a message. `place` is the field that holds it; of a mark, which is no field, a name that no other piece has."""

    place: str
    what: str | PictureMark | ImagePart | FilePart


def parts(message: Message) -> list[tuple[int, Part]]:
    """What a message says and shows, each with its place."""
    if isinstance(message, ToolMessage):
        return []
    return [(place, part) for place, part in enumerate(message.content) if not isinstance(part, OtherPart)]


def pieces(message: Message, number: int) -> list[Piece]:
    """The message with this number, in pieces. Reading marks takes time; see first that there are not too many characters."""
    path = f"messages[{number}].content"
    if isinstance(message, ToolMessage):
        return [Piece(path, result_of(message.name, message.content))]
    found = [
        piece
        for place, part in parts(message)
        for piece in (
            _said(message, part, f"{path}[{place}]")
            if isinstance(part, TextPart)
            else [Piece(f"{path}[{place}]", part)]
        )
    ]
    if isinstance(message, AssistantMessage) and message.refusal:
        found.append(Piece(path, message.refusal))
    return found


def _said(message: Message, part: TextPart, path: str) -> Iterator[Piece]:
    text = part.text or (part.refusal if isinstance(part, EarlierText) else "")
    told = split_marks(text) if isinstance(message, AssistantMessage) else [text]
    return (Piece(f"{path}.{number}", one) for number, one in enumerate(told))


def sent_back(found: list[Piece]) -> list[SentBack]:
    """The pictures among the pieces of an earlier answer."""
    return [SentBack(piece.place, _kind(piece.what)) for piece in found if not isinstance(piece.what, str)]


def images_sent_back(message: AssistantMessage) -> list[SentBack]:
    """As `sent_back` without marks, for which no text has to be read."""
    return [SentBack("", _kind(part)) for _, part in parts(message) if not isinstance(part, TextPart)]


def without_too_old(found: list[Piece], earlier: Earlier) -> list[Piece]:
    """The pieces with descriptions in the place of pictures that are too old, put together with the texts around them."""
    told: list[Piece] = []
    for piece in found:
        if not earlier.is_too_old(piece.place):
            told.append(piece)
            continue
        description = _description(piece.what)
        if told and isinstance(before := told[-1].what, str):
            told[-1] = Piece(told[-1].place, f"{before}{BETWEEN}{description}")
        else:
            told.append(Piece(piece.place, description))
    return told


def _kind(what: PictureMark | ImagePart | FilePart) -> Kind:
    match what:
        case ImagePart(image_url=image) if image is not None:
            return kind_of_url(image.url)
        case FilePart(file=file) if not (file.file_id or what.file_id):
            return "inline"
    return "named"


def _description(what: str | PictureMark | ImagePart | FilePart) -> str:
    match what:
        case str():
            return what
        case PictureMark(description=description):
            return description or UNDESCRIBED
        case ImagePart(image_url=image) if image is not None:
            return image.description or UNDESCRIBED
    return UNDESCRIBED
