"""The studio before the whole system, in the sizes and the light that people have.

With SCREENSHOTS in the environment the pictures go there (`make screenshots`), else nowhere that stays.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.browser.chromium import chromium
from tests.browser.studio import Studio

pytestmark = pytest.mark.e2e

WISH = "Tell me a story about a fox at the sea, with 3 pictures"
VIEWS = {
    "studio": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "studio-dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "studio-phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
}

STATES = {"viewport": {"width": 1000, "height": 700}, "reduced_motion": "reduce"}


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return Path(os.environ.get("SCREENSHOTS", tmp_path))


async def test_a_story_is_told_and_shown_in_light_in_dark_and_on_a_phone(running, album):
    async with chromium() as browser:
        for name, view in VIEWS.items():
            context = await browser.new_context(**view, device_scale_factor=1.5, reduced_motion="reduce")
            async with Studio.opened(await context.new_page(), running.url) as studio:
                await studio.page.get_by_text("Options", exact=True).click()
                await studio.page.get_by_label("Seed").fill("7")
                await studio.ask(WISH)
                await studio.ended(patience_s=120)
                for number in (1, 2, 3):
                    await studio.drawn(number)
                await studio.answer.evaluate("() => document.activeElement.blur()")
                await studio.picture(1).scroll_into_view_if_needed()
                await studio.page.evaluate("scrollTo(0, 0)")
                await expect(studio.button("Continue")).to_be_visible()
                await studio.page.screenshot(path=album / f"{name}.png")
            await context.close()


async def test_a_story_being_made_is_a_strip_of_moments(running, album):
    """The README's picture: the question is out, the first picture is there, the last one is."""
    moments: list[Image.Image] = []
    async with chromium() as browser:
        context = await browser.new_context(
            viewport={"width": 420, "height": 760}, color_scheme="light", reduced_motion="reduce"
        )
        async with Studio.opened(await context.new_page(), running.url) as studio:

            async def look(place: str = "0") -> None:
                await studio.page.evaluate(f"scrollTo(0, {place})")
                moments.append(Image.open(io.BytesIO(await studio.page.screenshot())).convert("RGB"))

            await studio.ask(WISH)
            await studio.turn.wait_for()
            await look()
            await studio.drawn(1)
            await look()
            await studio.ended()
            await studio.drawn(3)
            await look("document.body.scrollHeight")
        await context.close()
    strip = Image.new("RGB", (sum(one.width for one in moments) + 20 * (len(moments) - 1), 760), "white")
    for place, moment in enumerate(moments):
        strip.paste(moment, (place * (moment.width + 20), 0))
    strip.quantize(128).save(album / "strip.png")

    assert len({moment.tobytes() for moment in moments}) == 3


async def test_an_answer_under_way_and_a_stopped_one_are_shown(running, album):
    """With pictures that take seconds, so that neither is over before it is looked at."""
    async with chromium() as browser:
        context = await browser.new_context(**STATES)
        async with Studio.opened(await context.new_page(), running.slow_url) as studio:
            await studio.ask(WISH)
            await expect(studio.picture(1)).to_have_attribute("data-state", "drawing")
            await studio.page.screenshot(path=album / "studio-streaming.png")
            await studio.button("Stop").click()
            await studio.ended()
            await expect(studio.turn).to_contain_text("You stopped this answer.")
            await studio.page.screenshot(path=album / "studio-stopped.png")
        await context.close()


async def test_pictures_that_failed_are_shown_with_what_helps(running, album):
    """Before a pool that nobody serves, whose pictures have two seconds."""
    async with chromium() as browser:
        context = await browser.new_context(**STATES)
        async with Studio.opened(await context.new_page(), running.empty_url) as studio:
            await studio.ask("Tell me a story about a fox at the sea, with 2 pictures")
            await studio.ended(patience_s=60)
            for number in (1, 2):
                await expect(studio.picture(number)).to_have_attribute("data-state", "failed")
                await expect(studio.picture(number)).to_contain_text(
                    "This picture was not ready in time. The workers may be busy or away"
                )
            await studio.page.evaluate("scrollTo(0, 0)")
            await studio.page.screenshot(path=album / "studio-failed.png")
        await context.close()


async def test_the_other_states_of_the_page_are_shown(running, album):
    async with chromium() as browser:
        context = await browser.new_context(**STATES)
        async with Studio.opened(await context.new_page(), running.url) as studio:
            await expect(studio.page.locator("#about")).to_contain_text("English only")
            await expect(studio.page.locator("#example-list img").last).to_have_js_property("complete", True)
            await studio.page.screenshot(path=album / "studio-empty.png")
            await studio.ask(WISH)
            await studio.ended()
            await studio.drawn(1)
            await studio.page.goto(f"{running.url}/pool")
            await expect(studio.page.locator("#workers li").first).to_be_visible()
            await expect(studio.page.locator("#answers li").first).to_contain_text("completed")
            await studio.page.screenshot(path=album / "studio-pool.png")
            await studio.page.goto(running.url)
            await expect(studio.page.locator("#stories li img").first).to_be_visible()
            await expect(studio.page.locator("#example-list img").last).to_have_js_property("complete", True)
            await studio.page.set_viewport_size({"width": 1000, "height": 1200})
            await studio.page.screenshot(path=album / "studio-shelf.png")
            await studio.page.set_viewport_size(STATES["viewport"])
            await context.set_offline(True)
            await studio.ask(WISH)
            await expect(studio.turn.get_by_role("alert")).to_contain_text("The server cannot be reached.")
            await studio.page.screenshot(path=album / "studio-offline.png")
            await context.set_offline(False)
        await context.close()
