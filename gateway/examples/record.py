"""`python -m gateway.examples.record NAME RESPONSE_ID`: make a story that is kept an example; it reads the gateway's own settings.

Ask for WebP (`output_format`), for what comes with the service should be small.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import replace
from pathlib import Path

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.examples.stories import FOLDER, StoryFile, TurnFile
from gateway.settings import Settings
from gateway.store.ledger import Ledger
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import opened
from visualizer_service.queue.connection import connect

WHERE = Path(__file__).parents[1] / "studio" / "static" / FOLDER


async def record(name: str, response_id: str, settings: Settings) -> None:
    """Write the story that ends with this answer down.

    Raises:
        KeyError: an answer or a picture of it is not kept.
    """
    async with connect(settings.redis_url) as redis, opened(settings.blobs_url) as objects:
        ledger, blobs = Ledger(redis, settings.keep_s), Blobs(redis, objects, settings.keep_s)
        turns: list[TurnFile] = []
        before: str | None = response_id
        while before is not None:
            turns.insert(0, await _turn(ledger, before))
            before = turns[0].request.previous_response_id
        folder = WHERE / name
        folder.mkdir(parents=True, exist_ok=True)
        for picture in (picture for turn in turns for picture in fold(turn.events).pictures):
            blob = await blobs.get(picture.blob or "")
            if blob is None:
                raise KeyError(picture.id)
            (folder / f"{picture.blob}.{blob.media_type.removeprefix('image/')}").write_bytes(blob.data)
    story = StoryFile(title=_title(turns[0]), turns=tuple(turns))
    (folder / "story.json").write_text(story.model_dump_json() + "\n", encoding="utf-8")


async def _turn(ledger: Ledger, id: str) -> TurnFile:
    request = await ledger.request(id)
    if request is None:
        raise KeyError(id)
    events: list[tuple[int, GatewayEvent]] = []
    while more := await ledger.events(id, events[-1][0] if events else 0):
        events += more
    # What is told of a run of text as it is written is told once more at its end.
    told = tuple(
        _plain(event) for _, event in events if not isinstance(event, ev.TextDelta | ev.PicturePreview)
    )
    plain = replace(request, signer=None, base_url="", key="none", tenant="default", metadata={})
    return TurnFile(request=plain, events=told)


def _plain(event: GatewayEvent) -> GatewayEvent:
    """Without the name of the host that drew."""
    named = isinstance(event, ev.PictureStarted | ev.PictureDone)
    return event.model_copy(update={"worker": "visualizer"}) if named else event


def _title(turn: TurnFile) -> str:
    return next(part.text for part in turn.request.messages[-1].content if part.type == "text")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m gateway.examples.record", description="Record an example."
    )
    parser.add_argument("name")
    parser.add_argument("response_id")
    arguments = parser.parse_args()
    asyncio.run(record(arguments.name, arguments.response_id, Settings()))


if __name__ == "__main__":
    main()
