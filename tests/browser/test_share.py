"""A story that is shared: whoever has the link reads it with its questions, and nobody reads anything else by it."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STORY
from tests.browser.studio import Studio
from tests.browser.test_everybody import violations
from tests.integration.gateway.gateway_app import Planner, Pool, client, gateway, listening

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a <fox>"


async def link_of(studio):
    await studio.button("Share").click()
    return await studio.page.get_by_label("Link", exact=True).input_value()


async def test_a_shared_story_is_read_elsewhere_without_a_key_and_while_it_is_made(redis, browser, page):
    goes_on = asyncio.Event()
    planner = Planner(*STORY[:2], *STORY[2:3], goes_on, *STORY[3:])
    keyed = gateway(redis, planner, Pool(redis), api_keys={"secret": "acme"})
    async with keyed as app, listening(app) as url, Studio.opened(page, url) as studio:
        await page.get_by_role("textbox", name="Key").fill("secret")
        await page.keyboard.press("Enter")
        await studio.ask(WISH)
        await studio.drawn(1)
        link = await link_of(studio)

        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        async with Studio.opened(await context.new_page(), link) as reader:
            await expect(reader.page.get_by_role("heading", level=2)).to_have_text(WISH)
            await reader.drawn(1)
            goes_on.set()
            await reader.ended()
            await reader.drawn(2)
            assert await reader.page.get_by_role("textbox").count() == 0
            assert await reader.button("Edit").count() == await reader.button("Continue").count() == 0
            await expect(reader.page.get_by_role("link", name="Continue from here")).to_be_visible()
            await expect(reader.page).to_have_title(f"{WISH} · Weaver")
            assert await violations(reader.page) == []
            await reader.page.set_viewport_size({"width": 320, "height": 640})
            assert await reader.page.evaluate("document.documentElement.scrollWidth") == 320
        await context.close()


async def test_the_link_has_a_card_and_ends_when_its_owner_says_so(studio, app):
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    link = await link_of(studio)
    async with client(app) as http:
        path = link.removeprefix(studio.url)
        page = (await http.get(path)).text
        assert '<meta property="og:title" content="A story about a &lt;fox&gt;" />' in page
        assert f'<meta property="og:image" content="{link}/cover" />' in page.replace(
            "http://gateway", studio.url
        )
        assert (await http.get(f"{path}/cover")).content.startswith(b"\x89PNG")

    await studio.button("Stop sharing").click()

    await studio.page.goto(link)
    await expect(studio.page.get_by_role("alert")).to_contain_text("This story is not shared any more.")


async def test_a_share_opens_its_own_story_only_and_tells_no_secrets(app):
    async with client(app) as http:

        async def asked(**fields):
            return (await http.post("/v1/responses", json={"input": "A tale"} | fields)).json()

        secret = {"instructions": "Never tell.", "metadata": {"who": "me"}}
        first, other = await asked(**secret), await asked()
        then = await asked(previous_response_id=first["id"])
        share = (await http.post(f"/v1/responses/{first['id']}/share?expires_in_s=60")).json()
        again = (await http.post(f"/v1/responses/{first['id']}/share")).json()
        base = f"/s/{share['id']}/v1"

        told = await http.get(f"{base}/responses/{first['id']}")
        streamed = await http.get(f"{base}/responses/{first['id']}?stream=true")
        questions = await http.get(f"{base}/responses/{first['id']}/input_items?limit=100")
        closed = [
            f"{base}/responses/{other['id']}",
            f"{base}/responses/{then['id']}",
            f"{base}/responses/{other['id']}/input_items",
            f"{base}/files/{other['output'][1]['file_id']}/content",
            "/s/unknown/v1/story",
        ]
        statuses = [(await http.get(path)).status_code for path in closed]

    assert share["id"] == again["id"]
    assert share["expires_at"] < again["expires_at"]
    assert told.json()["output"][1]["file_id"] == first["output"][1]["file_id"]
    for body in (told.text, streamed.text, questions.text):
        assert "Never tell." not in body
        assert '"who"' not in body
    assert statuses == [404] * len(closed)


async def test_a_reader_sees_the_versions_that_were_chosen_for_as_long_as_was_said(studio, browser):
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()
    await studio.picture(1).get_by_role("button", name="Regenerate").click()
    await expect(studio.picture(1).get_by_role("button", name="Version 2")).to_have_attribute(
        "aria-pressed", "true"
    )
    await studio.drawn(1)
    chosen = await studio.picture(1).get_by_role("img").first.get_attribute("data-shown")
    link = await link_of(studio)
    await studio.page.get_by_label("It can be read for").select_option("a year")
    next_year = str((datetime.now(UTC) + timedelta(days=365)).year)
    await expect(studio.page.get_by_role("dialog")).to_contain_text(next_year)

    context = await browser.new_context()
    async with Studio.opened(await context.new_page(), link) as reader:
        await reader.drawn(2)
        picture = reader.picture(1)
        await expect(picture.get_by_role("img").first).to_have_attribute("data-shown", chosen)
        assert await picture.get_by_role("button", name="Version").count() == 0
        await expect(reader.page.locator("#model")).to_contain_text(next_year)
    await context.close()


async def test_somebody_else_goes_on_from_a_shared_story_in_a_copy_of_their_own(redis, browser, page):
    keys = {"secret": "acme", "another": "globex"}
    keyed = gateway(redis, Planner(*STORY), Pool(redis), api_keys=keys)
    async with keyed as app, listening(app) as url, Studio.opened(page, url) as studio:
        await page.get_by_role("textbox", name="Key").fill("secret")
        await page.keyboard.press("Enter")
        await studio.ask(WISH)
        await studio.drawn(2)
        await studio.ended()
        link = await link_of(studio)

        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        async with Studio.opened(await context.new_page(), link) as reader:
            await reader.page.get_by_role("link", name="Continue from here").click()
            await reader.page.get_by_role("textbox", name="Key").fill("another")
            await reader.page.keyboard.press("Enter")
            await expect(reader.page.get_by_role("heading", level=2)).to_have_text(WISH)
            await reader.drawn(2)

            await reader.ask("And the next day?")
            await expect(reader.page.get_by_role("article")).to_have_count(2)
            await reader.ended()
            await reader.page.locator("#home").click()
            await expect(reader.page.locator("#stories li")).to_contain_text([WISH])
        await context.close()

        await page.reload()
        await studio.ended()
        await expect(page.get_by_role("article")).to_have_count(1)
