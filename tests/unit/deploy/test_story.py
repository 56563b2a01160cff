import base64
import html.parser
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from deploy.local import sse, story
from deploy.local.plot import plot
from deploy.local.telling import Telling
from gateway.timeline import SlotTimes, Timeline


def png() -> str:
    data = io.BytesIO()
    Image.new("RGB", (160, 96), "orange").save(data, "PNG")
    return base64.b64encode(data.getvalue()).decode()


def picture(name: str, **more: Any) -> dict[str, Any]:
    drawn = {
        "type": "image_generation_call",
        "status": "completed",
        "picture": name,
        "description": 'A fox & a "boat".',
        "references": [{"id": "img1", "chosen_by": "policy"}],
        "seed": 7,
        "width": 160,
        "height": 96,
        "output_format": "png",
        "result": png(),
    }
    return drawn | more


def response(*output: dict[str, Any], status: str = "completed") -> dict[str, Any]:
    slot = {"slot": 0, "closed": 101.0, "queued": 101.1, "started": 101.2, "done": 103.0, "delivered": 103.1}
    slots = [slot for item in output if item["type"] != "message"]
    times = {"plan_started": 100.0, "plan_ended": 102.0, "ended": 104.0, "slots": slots}
    times |= {"ideal_s": 3.0, "measured_s": 4.0, "overlap_efficiency": 0.75}
    return {"status": status, "model": "storybook", "output": list(output), "timeline": times}


def message(text: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text}]}


class Page(html.parser.HTMLParser):
    """What a page shows: its pictures, and everything that it would fetch."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.pictures: list[dict[str, str | None]] = []
        self.fetched: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "img":
            self.pictures.append(found)
        fetched = [found.get("src"), found.get("href") if tag == "link" else None]
        self.fetched += [address for address in fetched if address and not address.startswith("data:")]


def test_a_story_is_whole_when_text_and_every_picture_came() -> None:
    whole = response(message("Once."), picture("img1"), message("The end."))
    assert story.is_whole(whole, pictures=1)
    assert not story.is_whole(whole, pictures=2)
    assert not story.is_whole(response(picture("img1")), pictures=1)
    assert not story.is_whole(
        response(message("Once."), picture("img1", result=None, status="failed")), pictures=1
    )
    assert not story.is_whole(response(message("Once."), picture("img1"), status="incomplete"), pictures=1)


def test_the_page_shows_every_picture_with_its_description_and_fetches_nothing(tmp_path: Path) -> None:
    story.write(response(message("Once <b>upon</b>."), picture("img1"), picture("img2")), "A story", tmp_path)
    page = Page(tmp_path / "story.html")
    assert [shown["alt"] for shown in page.pictures] == ['A fox & a "boat".'] * 2
    assert page.fetched == []
    assert "Once &lt;b&gt;upon&lt;/b&gt;." in (tmp_path / "story.html").read_text(encoding="utf-8")
    with Image.open(tmp_path / "img2.png") as kept:
        assert kept.size == (160, 96)


def test_the_page_says_of_a_lost_picture_what_it_would_have_shown(tmp_path: Path) -> None:
    story.write(
        response(message("Once."), picture("img1", result=None, status="failed")), "A story", tmp_path
    )
    assert "This picture did not come." in (tmp_path / "story.html").read_text(encoding="utf-8")
    assert not (tmp_path / "img1.png").exists()


def test_the_plot_keeps_to_its_width_and_its_order() -> None:
    slots = (SlotTimes(0, 101, 101, 102, 104, 104), SlotTimes(1, 103, None, None, None, 105))
    drawn = plot(Timeline(100, 103, 105, slots), ["img1", "img2"])
    assert [row.name for row in drawn.rows] == ["planner", "img1", "img2"]
    assert [bar.kind for bar in drawn.rows[1].bars] == ["wait", "draw"]
    assert drawn.rows[2].bars == ()
    assert all(bar.x + bar.width <= drawn.width for row in drawn.rows for bar in row.bars)
    assert drawn.table[0] == ("img1", "1.000", "1.000", "2.000", "4.000", "4.000")
    assert drawn.table[1] == ("img2", "3.000", "-", "-", "-", "5.000")


@pytest.mark.parametrize("length", [1, 2, 7, 1000])
async def test_events_are_read_alike_in_pieces_of_any_length(length: int) -> None:
    stream = b'event: a\ndata: {"type": "a"}\n\n: hb\ndata: {"type": "b", "text": "\xc3\xa9"}\n\n'

    async def pieces():
        for start in range(0, len(stream), length):
            yield stream[start : start + length]

    assert [event async for event in sse.events(pieces())] == [{"type": "a"}, {"type": "b", "text": "é"}]


def test_the_terminal_shows_text_and_pictures_in_order_with_what_they_wait_for() -> None:
    telling = Telling()
    events = """
        {"type": "response.output_item.added", "output_index": 0, "item": {"type": "message"}}
        {"type": "response.output_text.delta", "output_index": 0, "delta": "Once there was a fox."}
        {"type": "response.output_item.added", "output_index": 1, "item": {"type": "image_generation_call"}}
        {"type": "weaver.picture.described", "output_index": 1, "description": "A fox at the sea."}
        {"type": "weaver.picture.queued", "output_index": 1}
        {"type": "response.output_item.added", "output_index": 2, "item": {"type": "message"}}
        {"type": "response.output_text.delta", "output_index": 2, "delta": "The end."}
        {"type": "response.image_generation_call.generating", "output_index": 1}
        {"type": "weaver.picture.progress", "output_index": 1, "step": 2, "of": 4}
    """
    for line in events.strip().splitlines():
        telling.hear(json.loads(line))
    assert shown(telling) == [
        "Once there was a fox.",
        "◌ A fox at the sea.  drawing, step 2 of 4",
        "The end.",
    ]
    done = {"type": "image_generation_call", "status": "completed"}
    telling.hear({"type": "response.output_item.done", "output_index": 1, "item": done})
    assert shown(telling)[1] == "▣ A fox at the sea.  completed"


def shown(telling: Telling) -> list[str]:
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(telling)
    return [line.strip() for line in console.export_text().splitlines() if line.strip()]
