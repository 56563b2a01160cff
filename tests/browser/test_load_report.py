"""The report of a load test, looked at in a real browser."""

from pathlib import Path

import pytest

from bench.load.report import report, write
from tests.browser.chromium import chromium
from tests.unit.bench.load.test_report import answered, ramp, refused, sample

KNEE = "Knee: 2.00 requests a second"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A ramp that breaks down in its second half."""
    load = ramp()
    records = [answered(at_s, 0.3, 1 + at_s / 40) for at_s in range(10)]
    records += [answered(at_s, 0.4, 2 + at_s / 2) for at_s in range(10, 18)] + [refused(18.0), refused(19.0)]
    samples = [sample(at_s, waiting=max(0, at_s - 8)) for at_s in range(20)]
    about = {"url": "http://127.0.0.1:8080", "model": "storybook", "date": "2026-11-26 12:00:00 UTC"}
    told = report(load, about, records, samples)
    write(told, load, records, samples, tmp_path)
    return tmp_path / "load.html"


@pytest.mark.parametrize("width", [1200, 390])
async def test_the_report_stands_alone_fits_the_screen_and_shows_the_knee_first(
    written: Path, width: int
) -> None:
    asked_for: list[str] = []
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": width, "height": 800})
        page.on("request", lambda request: asked_for.append(request.url))
        await page.goto(written.as_uri())
        assert await page.locator(".knee").is_visible()
        assert KNEE in await page.locator(".knee").inner_text()
        assert "visualizers busy 100%" in await page.locator(".knee").inner_text()
        plots = page.locator("figure svg")
        assert await plots.count() == 5
        for plot in await plots.all():
            box = await plot.bounding_box()
            assert box is not None
            assert 200 < box["width"] <= width
            assert box["height"] > 80
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.screenshot(path=written.with_suffix(f".{width}.png"), full_page=True)
    assert asked_for == [written.as_uri()]
