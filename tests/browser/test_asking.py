"""Asking in the studio: what comes, in which order, and what happens when something goes wrong."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from planner_service.client import PlannerUnavailable
from planner_service.wire import PlanFailed
from tests.browser.conftest import STORY
from tests.browser.studio import Studio
from tests.fakes import PLAN_DONE, failed, says
from tests.integration.gateway.gateway_app import Planner, Pool, eventually, gateway, listening, png
from visualizer_service.wire import Preview, Progress, Started

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="session")]

WISH = "A story about a fox"


async def in_order(studio):
    """The words and the pictures of the answer as they stand on the page."""
    return await studio.answer.evaluate(
        "answer => [...answer.children].map(part => part.querySelector('img')?.alt ?? part.textContent)"
    )


async def test_text_and_pictures_arrive_in_place_and_in_order(studio):
    await studio.ask(WISH)

    await studio.ended()
    await studio.drawn(1)
    await studio.drawn(2)
    assert await in_order(studio) == [
        "A fox lived by the wood.",
        "a fox before a house",
        "One day it found the sea.",
        "the fox at the sea",
    ]


@pytest.fixture
def held(pool):
    """A pool that draws nothing by itself."""
    pool.draws = False
    return pool


async def test_a_picture_sharpens_in_its_place_while_the_text_goes_on(held, studio):
    await studio.ask(WISH)
    await eventually(lambda: held.jobs)
    job = held.jobs[0]
    held.say(job, Started(worker="w1", at=1.0))
    held.say(job, Progress(step=1, of=4))

    await expect(studio.answer).to_contain_text("One day it found the sea.")
    ring = studio.picture(1).get_by_role("progressbar", name="picture 1 is being drawn")
    await expect(ring).to_have_attribute("aria-valuenow", "25")
    await expect(studio.picture(2)).to_contain_text("Waiting for an earlier picture")

    held.say(job, Preview(index=0, blob=await held.blobs.put_preview(png(200), "image/png", job.response)))
    look = studio.picture(1).get_by_role("img", name="a fox before a house")
    await expect(look).to_be_visible()
    await expect(studio.picture(1)).to_have_attribute("data-state", "drawing")

    await held.paint(job)
    await studio.drawn(1)
    await expect(ring).to_be_hidden()


async def test_the_details_tell_who_waited_for_whom(held, studio):
    await studio.ask(WISH)
    await eventually(lambda: held.jobs)
    await studio.turn.get_by_text("Details", exact=True).click()
    held.say(held.jobs[0], Started(worker="w1", at=1.0))

    lanes = studio.turn.locator(".timeline")
    await expect(lanes).to_contain_text("being drawn for")
    await expect(lanes).to_contain_text("for an earlier picture")
    await held.paint(held.jobs[0])
    await expect(lanes).to_contain_text(re.compile(r"waited [\d.]+ s for picture 1"))


async def test_a_reload_goes_on_with_the_same_answer(planner, studio):
    goes_on = asyncio.Event()
    planner.script[3:3] = [goes_on]
    await studio.ask(WISH)
    await studio.drawn(1)

    await studio.page.reload()
    await expect(studio.answer).to_contain_text("A fox lived by the wood.")
    await expect(studio.turn.get_by_role("heading", level=2)).to_have_text(WISH)
    goes_on.set()

    await studio.ended()
    await studio.drawn(2)
    assert len(planner.asked) == 1
    assert (await in_order(studio))[2] == "One day it found the sea."


async def test_a_cut_stream_is_taken_up_where_it_broke(planner, studio, app):
    goes_on = asyncio.Event()
    planner.script[3:3] = [goes_on]
    asked_again = []
    studio.page.on("request", lambda request: asked_again.append(request.url))
    await studio.ask(WISH)
    await studio.drawn(1)

    await app.state.container.streams.close(0)
    await eventually(lambda: any("starting_after=" in url for url in asked_again))
    app.state.container.streams.closing.clear()
    goes_on.set()

    await studio.ended()
    assert (await in_order(studio))[:1] == ["A fox lived by the wood."]
    await studio.drawn(2)


async def test_an_answer_can_be_stopped_and_what_there_is_stands(held, planner, studio):
    planner.script[3:3] = [asyncio.Event()]
    await studio.ask(WISH)
    await expect(studio.answer).to_contain_text("A fox lived by the wood.")

    await studio.button("Stop").click()

    await studio.ended()
    await expect(studio.turn).to_contain_text("You stopped this answer.")
    await expect(studio.answer).to_contain_text("A fox lived by the wood.")
    await expect(studio.button("Ask")).to_be_visible()


async def test_a_planner_that_is_away_is_told_with_what_to_do_and_asking_again_helps(planner, studio):
    script, planner.script = planner.script, [PlannerUnavailable("down")]
    await studio.ask(WISH)
    trouble = studio.page.get_by_role("alert").filter(
        has_text="The planner is starting up or away. Try again in"
    )
    await expect(trouble).to_be_visible()

    planner.script = script
    await studio.button("Try again").click()

    await studio.ended()
    await studio.drawn(2)
    await expect(studio.page.get_by_role("article")).to_have_count(1)


async def test_a_refusal_names_the_field_to_change_and_gives_the_words_back(studio):
    await studio.page.get_by_text("Options", exact=True).click()
    await studio.page.get_by_label("At least").fill("3")
    await studio.page.get_by_label("At most").fill("2")
    await studio.ask(WISH)

    trouble = studio.page.get_by_role("alert").filter(has_text="These numbers of pictures do not go")
    await expect(trouble).to_contain_text("Change the number of pictures and try again.")
    await studio.button("Change the question").click()
    await expect(studio.wish).to_have_value(WISH)


async def test_a_picture_that_fails_says_why_and_the_rest_stands(held, studio):
    await studio.ask(WISH)
    await eventually(lambda: held.jobs)
    held.say(held.jobs[0], failed("no_memory"))
    await eventually(lambda: len(held.jobs) == 2)
    await held.paint(held.jobs[1])

    await studio.ended()
    await expect(studio.picture(1).get_by_role("alert")).to_contain_text("Ask for a smaller size.")
    await studio.drawn(2)
    await expect(studio.picture(2)).to_contain_text("Drawn without picture 1, so it may look different.")


async def test_an_answer_that_breaks_off_says_so_and_keeps_what_there_is(planner, studio):
    planner.script = [says("Once"), PlanFailed(code="malformed_plan")]
    await studio.ask(WISH)

    await expect(studio.turn.get_by_role("alert")).to_contain_text("What has come so far stays.")
    await expect(studio.answer).to_have_text("Once")


async def test_what_the_answer_says_is_text_and_never_markup(planner, studio):
    planner.script = [says("# A tale\n\nOf *one* <img src=x onerror=alert(1)> fox."), PLAN_DONE]
    await studio.ask(WISH)

    await studio.ended()
    await expect(studio.answer.get_by_role("heading", name="A tale")).to_be_visible()
    await expect(studio.answer).to_contain_text("<img src=x onerror=alert(1)>")


async def test_options_reach_the_planner(planner, studio):
    await studio.page.get_by_text("Options", exact=True).click()
    await studio.page.get_by_label("Answer with").select_option("interleaved")
    await studio.page.get_by_label("At least").fill("2")
    await studio.page.get_by_label("Size").select_option("64x64")
    await studio.page.get_by_label("Seed").fill("7")
    await studio.ask(WISH)

    await studio.ended()
    assert (planner.asked[0].mode, planner.asked[0].least_images) == ("interleaved", 2)
    await expect(await studio.details(1)).to_contain_text(re.compile(r"seed 7 · 64 \S 64"))


async def test_an_answer_that_is_asked_for_while_the_page_still_loads_stays(app, page):
    held = asyncio.Event()

    async def late(route):
        await held.wait()
        await route.continue_()

    await page.route("**/v1/examples", late)
    async with listening(app) as url, Studio.opened(page, url) as studio:
        await studio.ask(WISH)
        await studio.ended()
        # As it is for a moment once an answer has begun: the page's address does not name it yet.
        await page.evaluate("history.replaceState(null, '', location.pathname)")
        held.set()
        await expect(page.locator("#examples li").first).to_be_attached()
        await studio.drawn(2)


async def test_a_gateway_with_keys_asks_for_one_and_is_content_with_it(redis, page):
    async with (
        gateway(redis, Planner(*STORY), Pool(redis), api_keys={"secret": "acme"}) as app,
        listening(app) as url,
        Studio.opened(page, url) as studio,
    ):
        key = page.get_by_role("textbox", name="Key")
        await key.fill("wrong")
        await studio.button("Continue").click()
        await expect(page.get_by_role("dialog")).to_contain_text("That key is not known here")
        await key.fill("secret")
        await page.keyboard.press("Enter")
        await studio.ask(WISH)

        await studio.drawn(2)
