"""Which pictures of earlier answers an input sends back, or names. It knows the form of input items only."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.answer.document import Picture
from gateway.dialects.common.history import OtherPart
from gateway.dialects.common.sent_back import Kind, SentBack, kind_of_url
from gateway.dialects.responses.input_forms import (
    DrawnPicture,
    EarlierMessage,
    InputFile,
    InputImage,
    InputText,
    Item,
    ItemReference,
    Message,
)
from gateway.dialects.responses.items import KINDS

Part = InputText | InputImage | InputFile


def parts(message: Message | EarlierMessage) -> list[tuple[int, Part]]:
    """What a message says and shows, each with its place."""
    return [(place, part) for place, part in enumerate(message.content) if not isinstance(part, OtherPart)]


def is_shown(item: DrawnPicture) -> bool:
    """Whether there is a picture; one that failed is passed over."""
    return item.status != "failed" and bool(item.result or item.id)


def pictures_sent_back(items: tuple[Item, ...]) -> Iterator[SentBack]:
    """The pictures of earlier answers, in order."""
    for place, item in enumerate(items):
        path = f"input[{place}]"
        match item:
            case EarlierMessage(role="assistant"):
                for number, part in parts(item):
                    if not isinstance(part, InputText):
                        yield SentBack(f"{path}.content[{number}]", _kind(part))
            case DrawnPicture() if is_shown(item):
                yield SentBack(path, "named" if item.result is None else "inline")
            case ItemReference() if item.id.startswith(f"{KINDS[Picture]}_"):
                yield SentBack(path, "named")
            case _:
                pass


def _kind(part: InputImage | InputFile) -> Kind:
    match part:
        case InputImage(image_url=str(url)) | InputFile(file_id=None, file_data=None, file_url=str(url)):
            return kind_of_url(url)
        case InputFile(file_id=None, file_data=str()):
            return "inline"
    return "named"
