"""The shelf: no story is lost by a click, and each can be found, named and put away."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import STORY
from tests.browser.studio import Studio
from tests.integration.gateway.gateway_app import Planner, Pool, client, gateway, listening

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox"


async def told(studio, wish=WISH):
    await studio.ask(wish)
    await studio.drawn(2)
    await studio.ended()


def books(page):
    return page.locator("#stories li")


async def more(page, action):
    await books(page).first.locator(".menu summary").click()
    await books(page).first.get_by_role("button", name=action).click()


async def test_a_story_that_is_left_stands_on_the_shelf_with_its_cover_and_opens_again(studio):
    await told(studio)
    assert await studio.page.title() == f"{WISH} · Weaver"

    await studio.button("New story").click()

    await expect(books(studio.page)).to_have_count(1)
    await expect(books(studio.page)).to_contain_text(f"{WISH}today")
    await expect(books(studio.page).locator("img")).to_be_visible()
    await books(studio.page).get_by_role("link").click()
    await expect(studio.answer).to_contain_text("A fox lived by the wood.")
    await studio.drawn(2)


async def test_back_leads_from_a_new_story_to_the_one_before_and_from_a_story_to_the_shelf(studio):
    await told(studio)
    await studio.button("New story").click()
    await expect(studio.page.get_by_role("heading", name="What shall we tell?")).to_be_visible()

    await studio.page.go_back()
    await expect(studio.turn.get_by_role("heading", level=2)).to_have_text(WISH)

    await studio.page.go_back()
    await expect(books(studio.page)).to_have_count(1)


async def test_another_tab_of_the_browser_has_the_same_shelf(studio):
    await told(studio)
    page = await studio.page.context.new_page()
    await page.goto(studio.url)

    await books(page).get_by_role("link").click()

    await expect(page.get_by_role("article")).to_contain_text("One day it found the sea.")


async def test_a_story_is_renamed_and_the_name_is_its_title_everywhere(studio):
    await told(studio)
    await studio.page.locator("#home").click()
    await more(studio.page, "Rename")
    await studio.page.get_by_label("Title").fill("Bruno by the sea")
    await studio.page.keyboard.press("Enter")

    await expect(books(studio.page)).to_contain_text("Bruno by the sea")
    await books(studio.page).get_by_role("link").click()
    await studio.drawn(2)
    await expect(studio.page).to_have_title("Bruno by the sea · Weaver")
    name, _ = await studio.save_as("Book (EPUB)")
    assert name == "bruno-by-the-sea.epub"


async def test_a_deleted_story_can_be_had_back_for_a_while_and_is_then_gone_from_the_server(studio, app):
    await told(studio)
    id = studio.page.url.partition("#")[2]
    await studio.page.locator("#home").click()
    await more(studio.page, "Delete")
    await expect(books(studio.page)).to_have_count(0)

    await studio.button("Undo").click()
    await expect(books(studio.page)).to_have_count(1)

    await more(studio.page, "Delete")
    await studio.page.reload()  # leaving the page does not bring it back
    await expect(studio.page.locator("#model")).not_to_be_empty()
    await expect(books(studio.page)).to_have_count(0)
    async with client(app) as http:
        assert (await http.get(f"/v1/responses/{id}")).status_code == 404


async def test_many_stories_are_searched_by_their_titles(studio):
    stories = [
        {"ids": [f"resp_{n}"], "title": title, "name": "", "cover": None, "at": n}
        for n, title in enumerate(("A fox", "An owl", "A bear", "A fox again", "A cat", "A hen"))
    ]
    await studio.page.evaluate("all => localStorage.setItem('weaver:shelf', JSON.stringify(all))", stories)
    await studio.page.reload()
    await expect(books(studio.page)).to_have_count(6)

    await studio.page.get_by_label("Search your stories").fill("FOX")
    await expect(books(studio.page)).to_have_count(2)

    await studio.page.get_by_label("Search your stories").fill("zebra")
    await expect(studio.page.get_by_text("No story has these words in its title.")).to_be_visible()


async def test_with_a_key_the_stories_of_other_browsers_are_on_the_shelf(redis, page):
    async with gateway(redis, Planner(*STORY), Pool(redis), api_keys={"secret": "acme"}) as app:
        headers = {"authorization": "Bearer secret"}
        async with client(app, headers=headers) as http:
            first = (await http.post("/v1/responses", json={"input": "A tale told elsewhere"})).json()
            await http.post("/v1/responses", json={"input": "And then?", "previous_response_id": first["id"]})
        async with listening(app) as url, Studio.opened(page, url) as studio:
            await page.get_by_role("textbox", name="Key").fill("secret")
            await page.keyboard.press("Enter")

            await expect(books(page)).to_have_count(1)
            await expect(books(page)).to_contain_text("A tale told elsewhere")
            await books(page).get_by_role("link").click()
            await expect(page.get_by_role("article")).to_have_count(2)
            await studio.drawn(2)


async def test_a_story_asked_elsewhere_is_shown_with_its_questions(studio, browser, planner):
    await told(studio)
    await studio.ask("And the next day?")
    await expect(studio.page.get_by_role("article")).to_have_count(2)
    await studio.ended()
    context = await browser.new_context()
    page = await context.new_page()

    await page.goto(studio.page.url)

    await expect(page.get_by_role("heading", level=2)).to_have_text([WISH, "And the next day?"])
    await context.close()


async def test_a_story_that_the_server_no_longer_keeps_says_so_and_the_shelf_is_shown(studio):
    await studio.page.goto(f"{studio.url}/#resp_gone")

    await expect(studio.page.get_by_role("alert").first).to_contain_text(
        "This is no longer kept on the server."
    )
    await expect(studio.page.get_by_role("heading", name="What shall we tell?")).to_be_visible()


async def test_a_finished_example_opens_at_once_is_gone_on_from_and_is_one_story_however_often_it_is_opened(
    studio, planner
):
    examples = studio.page.locator("#example-list li")
    await expect(examples.first.locator("img")).to_have_js_property("complete", True)
    title = await examples.first.locator(".title").inner_text()

    await examples.first.get_by_role("link").click()
    await studio.drawn(1)
    assert planner.asked == []
    await expect(studio.page.get_by_role("heading", level=2).first).to_have_text(title)
    await studio.button("Continue").click()
    await expect(studio.answer).to_contain_text("One day it found the sea.")
    await studio.ended()
    turns = await studio.page.get_by_role("article").count()

    await studio.button("New story").click()
    await expect(books(studio.page)).to_have_count(1)
    await examples.first.get_by_role("link").click()
    await expect(studio.page.get_by_role("article")).to_have_count(turns)
    await studio.page.locator("#home").click()
    await expect(books(studio.page)).to_have_count(1)
