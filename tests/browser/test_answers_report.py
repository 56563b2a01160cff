"""The report of the answers' benchmark, as somebody sees it who opens the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bench.answers.answer import Answer, Picture, Text, stored
from bench.answers.arena.pick import by_scores
from bench.answers.cases.loading import WORLD, load
from bench.answers.keep import Kept
from bench.answers.outcome import write
from bench.answers.report.board import Board
from tests.unit.bench.answers.rows import scored
from tests.unit.bench.answers.tales import CASES, answered

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WIDTHS_PX = (1280, 390)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems on the tales that code draws."""
    folder = tmp_path_factory.mktemp("report")
    kept = Kept(folder, "answers")
    rows = [
        scored(
            system,
            case.id,
            run,
            "story",
            f"{system} {case.id} {run}",
            adherence=high,
            images=high - place / 2,
            content=9.0,
        )
        for run in (0, 1)
        for place, case in enumerate(CASES)
        for system, high in (("storybook", 9.5), ("a rival with a long name", 7.0))
    ]
    for row in rows:
        case = next(case for case in CASES if case.id == row.case)
        kept.put(row.kept, stored(answered(case, row.run)))
    kept.put(rows[0].kept, stored(Answer((Text("Late."), Picture(None, failure="late")), "completed")))
    board = Board("Systems", "Two systems on the same cases.", rows, by_scores(rows))
    write([board], load([WORLD]), folder, folder, {"judge": "made up"})
    return folder / "answers.html"


@pytest.mark.parametrize("width_px", WIDTHS_PX)
async def test_the_report_opens_whole_and_fits(page: Page, report: Path, width_px: int) -> None:
    wrongs: list[str] = []
    page.on("pageerror", lambda error: wrongs.append(str(error)))
    page.on("console", lambda said: wrongs.append(said.text) if said.type in ("error", "warning") else None)
    page.on("requestfailed", lambda request: wrongs.append(request.url))
    await page.set_viewport_size({"width": width_px, "height": 800})

    await page.goto(report.as_uri())

    await expect(page.get_by_role("heading", name="How good are the answers?")).to_be_visible()
    await expect(page.get_by_role("img", name="Means of the five axes")).to_be_visible()
    await expect(page.get_by_role("row", name="image consistency").first).to_contain_text("[")
    await expect(page.get_by_text("storybook against a rival with a long name")).to_be_attached()
    await expect(page.locator("article.worst")).to_have_count(10)
    assert await page.evaluate("[...document.images].filter(one => !one.naturalWidth).length") == 0
    assert await page.evaluate("document.documentElement.scrollWidth") <= width_px
    assert wrongs == []


async def test_the_worst_answers_are_shown_with_the_judges_words(page: Page, report: Path) -> None:
    await page.goto(report.as_uri())
    worst = page.locator("article.worst").first
    await worst.scroll_into_view_if_needed()
    rival = worst.locator(".answer").filter(has_text="a rival with a long name")
    await expect(rival.locator(".said img").first).to_be_visible()
    await expect(rival.locator(".words")).to_contain_text("images, really?")
