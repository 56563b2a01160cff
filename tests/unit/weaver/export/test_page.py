import html.parser

from tests.unit.weaver.client.answers import lost, message, picture, response
from weaver.client.answer import answer
from weaver.client.timeline import SlotTimes, Timeline
from weaver.export.page import page
from weaver.export.plot import plot

EVIL = "<script>alert('x')</script> & \"co\" \x00\x1b[31m"


class Page(html.parser.HTMLParser):
    """What a page shows: its elements, its text, its pictures, and everything that it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.text = ""
        self.pictures: list[dict[str, str | None]] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag == "img":
            self.pictures.append(found)
        if tag == "a":
            self.links.append(found["href"] or "")
        fetched = [found.get("src"), found.get("href") if tag == "link" else None]
        self.fetched += [
            address for address in fetched if address and not address.startswith("data:image/png;")
        ]

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(*output, asked="A story", **more) -> Page:
    return Page(page(answer(response(*output, **more)), asked))


def test_the_page_shows_every_picture_with_its_description_and_fetches_nothing() -> None:
    seen = shown(message("Once."), picture("img1"), picture("img2"))
    assert [one["alt"] for one in seen.pictures] == ['A fox & a "boat".'] * 2
    assert seen.fetched == []


def test_whatever_is_said_in_an_answer_is_text_in_the_page() -> None:
    seen = shown(message(EVIL), picture("img1", description=EVIL), lost("img2"), asked=EVIL, model=EVIL)
    assert "script" not in seen.tags
    assert (
        seen.text.count("<script>alert('x')</script> & \"co\" [31m") == 6
    )  # title twice, text, caption, footer twice
    assert seen.pictures[0]["alt"] == EVIL.replace("\x00\x1b", "")


def test_the_page_says_of_a_lost_picture_what_it_would_have_shown() -> None:
    seen = shown(message("Once."), lost("img1"))
    assert "This picture did not come." in seen.text
    assert 'A fox & a "boat".' in seen.text
    assert seen.pictures == []


def test_a_reference_is_a_link_only_to_a_picture_of_the_same_page() -> None:
    guided = picture(
        "img2", references=[{"id": name, "chosen_by": "policy"} for name in ("in1", "img1", "img2")]
    )
    assert shown(guided).links == ["#img2"]


def test_an_answer_that_was_never_planned_has_no_timeline() -> None:
    never = {"plan_started": None, "plan_ended": None, "ended": 2.0, "slots": []}
    assert "svg" in shown(message("Once.")).tags
    assert "svg" not in shown(status="failed", timeline=never).tags
    assert "svg" not in shown(status="in_progress", timeline=None).tags


def test_the_title_is_what_was_asked_or_else_the_beginning_of_the_text() -> None:
    assert "<title>Once upon a time</title>" in page(answer(response(message("Once upon a time\nthere was"))))
    assert "<title>A fox</title>" in page(answer(response()), "A fox")
    long = page(answer(response()), "word " * 40)
    assert f"<title>{'word ' * 14}…</title>" in long


def test_the_plot_keeps_to_its_width_and_its_order() -> None:
    slots = (SlotTimes(0, 101, 101, 102, 104, 104), SlotTimes(1, 103, None, None, None, 105))
    drawn = plot(Timeline(100, 103, 105, slots), ["img1", "img2"])
    assert [row.name for row in drawn.rows] == ["planner", "img1", "img2"]
    assert [bar.kind for bar in drawn.rows[1].bars] == ["wait", "draw"]
    assert drawn.rows[2].bars == ()
    assert all(bar.x + bar.width <= drawn.width for row in drawn.rows for bar in row.bars)
    assert drawn.table[0] == ("img1", "1.000", "1.000", "2.000", "4.000", "4.000")
    assert drawn.table[1] == ("img2", "3.000", "-", "-", "-", "5.000")
