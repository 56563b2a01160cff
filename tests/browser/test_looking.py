"""Where the eye is, and pictures to look at and to take along."""

import asyncio
import zipfile

import pytest
from playwright.async_api import expect

from planner_service.wire import About
from tests.fakes import PLAN_DONE, says
from tests.integration.gateway.gateway_app import eventually

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox"
LONG = "\n\n".join(f"Paragraph {n} of a long, long tale." for n in range(40))


async def told(studio):
    await studio.ask(WISH)
    await studio.drawn(2)
    await studio.ended()


async def test_a_new_answer_begins_at_the_top_of_the_view(studio):
    await told(studio)
    await studio.ask("And then?")
    await expect(studio.page.get_by_role("article")).to_have_count(2)

    heading = studio.turn.get_by_role("heading", level=2)
    await expect(heading).to_be_in_viewport()
    assert (await heading.bounding_box())["y"] < 200


async def test_an_answer_is_followed_until_the_reader_scrolls_and_can_be_caught_up_with(planner, studio):
    first, second = asyncio.Event(), asyncio.Event()
    planner.script = [says(LONG), first, says("\n\nThe middle."), second, says("\n\nThe end."), PLAN_DONE]
    await studio.ask(WISH)
    await expect(studio.answer.get_by_text("Paragraph 39")).to_be_in_viewport()

    await studio.page.mouse.move(600, 300)
    await studio.page.mouse.wheel(0, -1500)
    await expect(studio.answer.get_by_text("Paragraph 39")).not_to_be_in_viewport()
    first.set()
    await expect(studio.answer.get_by_text("The middle.")).to_be_attached()
    await expect(studio.answer.get_by_text("The middle.")).not_to_be_in_viewport()

    await studio.button("Jump to latest").click()
    await expect(studio.answer.get_by_text("The middle.")).to_be_in_viewport()
    second.set()
    await expect(studio.answer.get_by_text("The end.")).to_be_in_viewport()
    await studio.ended()
    await expect(studio.button("Jump to latest")).to_be_hidden()


async def test_the_status_line_is_true_when_all_is_done_and_says_when_the_server_is_gone(pool, studio):
    pool.draws = False
    await studio.ask(WISH)
    await eventually(lambda: pool.jobs)
    await pool.paint(pool.jobs[0])
    await eventually(lambda: len(pool.jobs) == 2)
    await pool.paint(pool.jobs[1])
    await studio.ended()
    line = studio.page.locator("#model")
    await expect(line).to_have_text("storybook · no workers")

    await studio.page.context.set_offline(True)
    await expect(line).to_have_text("offline")
    await studio.page.context.set_offline(False)
    await expect(line).to_have_text("storybook · no workers")


async def test_a_picture_is_enlarged_by_a_press_and_arrows_lead_to_the_others(studio):
    await told(studio)
    opener = studio.picture(1).get_by_role("button", name="Enlarge picture 1")
    await opener.press("Enter")

    large = studio.page.get_by_role("dialog", name="Picture")
    await expect(large).to_contain_text("picture 1, 1 of 2")
    await studio.page.keyboard.press("ArrowRight")
    await expect(large.get_by_role("img", name="the fox at the sea")).to_be_visible()
    name, file = await studio.download(large.get_by_role("button", name="Download").click)
    assert name == "a-story-about-a-fox-picture-2.png"
    assert file.read_bytes().startswith(b"\x89PNG")
    await studio.page.keyboard.press("Escape")
    await expect(opener).to_be_focused()


async def test_a_picture_is_copied_and_all_are_downloaded_at_once(studio):
    await told(studio)
    await studio.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await studio.press(1, "Copy picture")
    await expect(studio.page.locator("#note")).to_have_text("The picture is copied.")
    kinds = await studio.page.evaluate(
        "navigator.clipboard.read().then(items => items.flatMap(one => one.types))"
    )
    assert kinds == ["image/png"]

    name, file = await studio.save_as("All pictures")
    assert name.endswith(".zip")
    with zipfile.ZipFile(file) as archive:
        assert archive.namelist() == ["picture-1.png", "picture-2.png"]


async def test_the_making_is_folded_away_until_somebody_asks(studio):
    await told(studio)
    await expect(studio.turn.get_by_text("seed", exact=False)).to_be_hidden()

    told_of = await studio.details(1)

    await expect(told_of).to_contain_text("drawn in")
    await expect(studio.turn.locator(".timeline")).to_contain_text("of the best possible")


async def test_a_stopped_answer_says_so_once_and_not_under_each_picture(pool, planner, studio):
    pool.draws = False
    planner.script[4:4] = [asyncio.Event()]
    await studio.ask(WISH)
    await eventually(lambda: pool.jobs)
    await studio.button("Stop").click()
    await studio.ended()

    await expect(studio.turn.get_by_text("You stopped this answer.")).to_be_visible()
    await expect(studio.turn.get_by_role("alert")).to_have_count(0)


async def test_the_first_screen_says_what_the_models_can_do(planner, studio):
    planner.about = About(text="Foxes only, in English.", ideas=("A fox at home",))
    await studio.page.reload()

    await expect(studio.page.get_by_text("Foxes only, in English.")).to_be_visible()
    await studio.button("A fox at home").click()
    await studio.ended()
    assert planner.asked[0].messages[0].content[0].text == "A fox at home"
